"""features/shop/derived_of_a_later_one.py:19: model.features['more']: the field 'twice' cannot be read: it is not derived yet
  mend: put it before the place that reads it
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_of_a_later_one = FeatureView(
    "derived_of_a_later_one",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[derived_of_a_later_one["visits_1h"], Derived("more", _.twice + 1), Derived("twice", _.derived_of_a_later_one.visits_1h * 2)])
