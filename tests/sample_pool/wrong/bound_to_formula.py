"""features/shop/bound_to_formula.py:19: bound_to_formula.bind: customer_id: (_.buyer_id + 1) is more than a field
  mend: write one field of the request: _.account_id
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

bound_to_formula = FeatureView(
    "bound_to_formula",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[bound_to_formula.bind("buyer", customer_id=_.buyer_id + 1)["visits_1h"]])
