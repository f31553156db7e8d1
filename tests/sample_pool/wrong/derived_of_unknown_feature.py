"""features/shop/derived_of_unknown_feature.py:19: model.features['share']: there is no field 'spent_1h' in derived_of_unknown_feature
  mend: did you mean 'spend_1h'?
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_of_unknown_feature = FeatureView(
    "derived_of_unknown_feature",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", request=sources.sales, features=[derived_of_unknown_feature["visits_1h"], Derived("share", _.request.amount / _.derived_of_unknown_feature.spent_1h)])
