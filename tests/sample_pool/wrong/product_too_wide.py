"""features/shop/product_too_wide.py:16: product_too_wide.features['fees']: to multiply decimal(30,4) and decimal(10,2) exactly takes 40 digits; at most 38 are held
  mend: use fields of fewer digits, narrow one with .cast("decimal(18,2)"), or divide first
"""

from features.shop import sources
from millpond import FeatureView, Max, _

product_too_wide = FeatureView(
    "product_too_wide",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"fees": Max(_.fee * _.amount)},
)
