"""features/shop/derived_of_unknown_request_field.py:19: model.features['paid']: there is no field 'amont' in request
  mend: did you mean 'amount'?
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_of_unknown_request_field = FeatureView(
    "derived_of_unknown_request_field",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", request=sources.sales, features=[derived_of_unknown_request_field["visits_1h"], Derived("paid", _.request.amont)])
