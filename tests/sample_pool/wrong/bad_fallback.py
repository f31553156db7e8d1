"""features/shop/bad_fallback.py:8: bad_fallback: fallback='most' is not a share of the window
  mend: write a percentage, such as fallback="5%"
"""

from features.shop import sources
from millpond import Count, FeatureView, _

bad_fallback = FeatureView(
    "bad_fallback",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
    precision="exact",
    fallback="most",
)
