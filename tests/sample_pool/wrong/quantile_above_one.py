"""features/shop/quantile_above_one.py:16: Quantile: p='95' is not a share from 0 to 1 written as a text
  mend: write a text: p="0.95"
"""

from features.shop import sources
from millpond import FeatureView, Quantile, _

quantile_above_one = FeatureView(
    "quantile_above_one",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"high": Quantile(_.amount, p="95")},
)
