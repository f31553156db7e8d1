"""features/shop/derived_of_a_place_before_the_first.py:19: model.features['last']: _.derived_of_a_place_before_the_first.amounts_1h is list(decimal(10,2)), and _.derived_of_a_place_before_the_first.amounts_1h[-1] names none of its values
  mend: name a place of it, from 0: _.derived_of_a_place_before_the_first.amounts_1h[0]
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_of_a_place_before_the_first = FeatureView(
    "derived_of_a_place_before_the_first",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[derived_of_a_place_before_the_first["visits_1h"], Derived("last", _.derived_of_a_place_before_the_first.amounts_1h[-1])])
