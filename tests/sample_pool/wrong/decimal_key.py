"""features/shop/decimal_key.py:8: decimal_key.by['customer_id']: a key of type decimal(10,2)
  mend: use a field that is a whole number or a string, as it is
"""

from features.shop import sources
from millpond import Count, FeatureView, _

decimal_key = FeatureView(
    "decimal_key",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.amount},
    windows=["1h"],
    features={"visits": Count()},
)
