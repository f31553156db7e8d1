"""features/shop/derived_twice.py:19: model: features: 'twice' stands twice
  mend: leave one of them out
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_twice = FeatureView(
    "derived_twice",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[derived_twice["visits_1h"], Derived("twice", _.derived_twice.visits_1h * 2), Derived("twice", _.derived_twice.visits_1h + _.derived_twice.visits_1h)])
