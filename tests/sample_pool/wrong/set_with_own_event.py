"""features/shop/set_with_own_event.py:19: FeatureSet has no argument 'own_event'
  mend: own_event comes in a later version; the vector counts every event that has arrived
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

set_with_own_event = FeatureView(
    "set_with_own_event",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", own_event="exclude", features=[set_with_own_event["visits_1h"]])
