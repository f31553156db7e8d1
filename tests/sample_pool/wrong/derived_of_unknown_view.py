"""features/shop/derived_of_unknown_view.py:19: model.features['share']: there is no field 'seller'
  mend: known here: derived_of_unknown_view, request
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_of_unknown_view = FeatureView(
    "derived_of_unknown_view",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[derived_of_unknown_view["visits_1h"], Derived("share", _.seller.visits_1h + 1)])
