"""features/shop/derived_named_as_a_view.py:19: model: features: 'derived_named_as_a_view' is a derived place, and a view
  mend: rename the derived place
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_named_as_a_view = FeatureView(
    "derived_named_as_a_view",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[derived_named_as_a_view["visits_1h"], Derived("derived_named_as_a_view", _.derived_named_as_a_view.visits_1h)])
