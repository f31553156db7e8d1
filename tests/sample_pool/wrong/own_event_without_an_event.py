"""features/shop/own_event_without_an_event.py:19: model: own_event='exclude', and the request is no event
  mend: name its source: request=transfers
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

own_event_without_an_event = FeatureView(
    "own_event_without_an_event",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", request={"amount": "int"}, own_event="exclude", features=[own_event_without_an_event["visits_1h"]])
