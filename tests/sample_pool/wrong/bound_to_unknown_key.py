"""features/shop/bound_to_unknown_key.py:19: bound_to_unknown_key.bind: 'customer' is not a key column of customer
  mend: did you mean 'customer_id'?
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

bound_to_unknown_key = FeatureView(
    "bound_to_unknown_key",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[bound_to_unknown_key.bind("buyer", customer=_.buyer_id)["visits_1h"]])
