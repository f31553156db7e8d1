"""features/shop/method_for_alias.py:19: method_for_alias.bind: the alias 'view' is a method of ibis's _
  mend: bind the view under another name: .bind("my_view", …)
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

method_for_alias = FeatureView(
    "method_for_alias",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[method_for_alias.bind("first", customer_id=_.customer_id)["visits_1h"], method_for_alias.bind("view", customer_id=_.other_id)["visits_1h"]])
