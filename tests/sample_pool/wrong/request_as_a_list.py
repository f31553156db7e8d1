"""features/shop/request_as_a_list.py:19: model: request: request=['amount'] is neither a source nor fields
  mend: name the source whose event a read is given, or write {"amount": "decimal(18,2)"}
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

request_as_a_list = FeatureView(
    "request_as_a_list",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", request=["amount"], features=[request_as_a_list["visits_1h"]])
