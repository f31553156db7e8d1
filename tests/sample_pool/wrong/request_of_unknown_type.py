"""features/shop/request_of_unknown_type.py:19: model: request: 'amount': 'money' is not a type
  mend: use int, decimal(p,s), double, string, boolean or timestamp
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

request_of_unknown_type = FeatureView(
    "request_of_unknown_type",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", request={"amount": "money"}, features=[request_of_unknown_type["visits_1h"]])
