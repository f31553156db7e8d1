"""features/shop/quantile_of_text.py:16: quantile_of_text.features['high']: a quantile of string
  mend: use a number
"""

from features.shop import sources
from millpond import FeatureView, Quantile, _

quantile_of_text = FeatureView(
    "quantile_of_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"high": Quantile(_.channel, p="0.95")},
)
