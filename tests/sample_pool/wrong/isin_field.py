"""features/shop/isin_field.py:16: isin_field.features['same']: where: isin takes constants
  mend: compare with == and combine with |
"""

from features.shop import sources
from millpond import Count, FeatureView, _

isin_field = FeatureView(
    "isin_field",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"same": Count(where=_.channel.isin([_.returned_by]))},
)
