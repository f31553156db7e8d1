"""features/shop/request_key_of_another_type.py:19: model: request: the request's field 'customer_id' is int, and string as a key of 'request_key_of_another_type'
  mend: bind 'request_key_of_another_type' to another field: .bind('request_key_of_another_type', customer_id=_.other_customer_id)
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

request_key_of_another_type = FeatureView(
    "request_key_of_another_type",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", request={"customer_id": "int"}, features=[request_key_of_another_type["visits_1h"]])
