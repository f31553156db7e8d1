"""features/shop/derived_of_a_list.py:19: model.features['last']: _.derived_of_a_list.amounts_1h is list(decimal(10,2)), not a single value
  mend: name one of its values: _.derived_of_a_list.amounts_1h[0]
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_of_a_list = FeatureView(
    "derived_of_a_list",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[derived_of_a_list["visits_1h"], Derived("last", _.derived_of_a_list.amounts_1h + 1)])
