"""features/shop/sum_too_wide.py:16: sum_too_wide.features['fees']: a sum of decimal(30,4) may take 40 digits; at most 38 are held
  mend: sum a field of at most 28 digits
"""

from features.shop import sources
from millpond import FeatureView, Sum, _

sum_too_wide = FeatureView(
    "sum_too_wide",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"fees": Sum(_.fee)},
)
