"""features/shop/where_not_boolean.py:16: where_not_boolean.features['sold']: where: it gives int, not a boolean
  mend: compare it with something: _.amount > 0
"""

from features.shop import sources
from millpond import Count, FeatureView, _

where_not_boolean = FeatureView(
    "where_not_boolean",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"sold": Count(where=_.quantity)},
)
