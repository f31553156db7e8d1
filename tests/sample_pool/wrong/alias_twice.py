"""features/shop/alias_twice.py:21: model: features: the alias 'party' stands for two bindings: alias_twice(customer_id=_.buyer_id) and alias_twice(customer_id=_.seller_id)
  mend: give one of them another alias: .bind("other", …)
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

alias_twice = FeatureView(
    "alias_twice",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
buyer = alias_twice.bind("party", customer_id=_.buyer_id)
seller = alias_twice.bind("party", customer_id=_.seller_id)

model = FeatureSet("model", version=1, owner="loyalty", features=[buyer["visits_1h"], seller["visits_1h"]])
