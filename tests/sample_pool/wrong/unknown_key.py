"""features/shop/unknown_key.py:8: unknown_key: by: 'customer' is not a key column of customer
  mend: did you mean 'customer_id'?
"""

from features.shop import sources
from millpond import Count, FeatureView, _

unknown_key = FeatureView(
    "unknown_key",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
