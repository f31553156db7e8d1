"""features/shop/isin_null.py:16: isin_null.features['unknown']: where: null is equal to nothing, not even to null
  mend: test for it with .isnull() or .notnull()
"""

from features.shop import sources
from millpond import Count, FeatureView, _

isin_null = FeatureView(
    "isin_null",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"unknown": Count(where=_.channel.isin(["WEB", None]))},
)
