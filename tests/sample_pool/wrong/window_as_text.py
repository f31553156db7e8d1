"""features/shop/window_as_text.py:8: window_as_text: windows: windows='24h' is not a list
  mend: write a list: windows=["1h", "24h"]
"""

from features.shop import sources
from millpond import Count, FeatureView, _

window_as_text = FeatureView(
    "window_as_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows="24h",
    features={"visits": Count()},
)
