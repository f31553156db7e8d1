"""features/shop/own_event_is_neither.py:19: model: own_event='leave out' is neither
  mend: write own_event="include" or own_event="exclude"
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

own_event_is_neither = FeatureView(
    "own_event_is_neither",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", request=sources.sales, own_event="leave out", features=[own_event_is_neither["visits_1h"]])
