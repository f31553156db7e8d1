"""features/shop/forgotten_import.py:16: Sum is not imported
  mend: write `from millpond import Sum`
"""

from features.shop import sources
from millpond import FeatureView, _

forgotten_import = FeatureView(
    "forgotten_import",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": Sum(_.amount)},
)
