"""features/shop/missing_key.py:8: missing_key: by: nothing is said about the key column 'store_id' of customer_store
  mend: add "store_id": _.some_field
"""

from features.shop import sources
from millpond import Count, FeatureView, _

missing_key = FeatureView(
    "missing_key",
    version=1,
    owner="loyalty",
    entity=sources.customer_store,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
