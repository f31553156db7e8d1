"""features/shop/quantile_of_a_double.py:16: Quantile: p=0.95 is not a share from 0 to 1 written as a text
  mend: write a text: p="0.95"
"""

from features.shop import sources
from millpond import FeatureView, Quantile, _

quantile_of_a_double = FeatureView(
    "quantile_of_a_double",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"high": Quantile(_.amount, p=0.95)},
)
