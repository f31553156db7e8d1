"""features/shop/bad_precision.py:8: bad_precision: precision='fine' is not a share of the window
  mend: write a percentage, such as precision="5%", or precision="exact"
"""

from features.shop import sources
from millpond import Count, FeatureView, _

bad_precision = FeatureView(
    "bad_precision",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
    precision="fine",
)
