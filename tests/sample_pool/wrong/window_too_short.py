"""features/shop/window_too_short.py:8: window_too_short: no tile size answers the window '10s' to 5% with at most 400 tiles
  mend: allow a larger share, lengthen the window, or write precision="exact"
"""

from features.shop import sources
from millpond import Count, FeatureView, _

window_too_short = FeatureView(
    "window_too_short",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["10s"],
    features={"visits": Count()},
)
