"""features/shop/request_as_an_alias.py:19: model: features: the alias 'request' is what is given to a read
  mend: give it another: .bind("other", …)
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

request_as_an_alias = FeatureView(
    "request_as_an_alias",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[request_as_an_alias.bind("request", customer_id=_.customer_id)["visits_1h"]])
