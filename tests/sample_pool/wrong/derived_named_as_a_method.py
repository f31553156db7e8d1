"""features/shop/derived_named_as_a_method.py:19: count: the name 'count' is a method of ibis's _
  mend: choose another: "my_count"
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_named_as_a_method = FeatureView(
    "derived_named_as_a_method",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[derived_named_as_a_method["visits_1h"], Derived("count", _.derived_named_as_a_method.visits_1h)])
