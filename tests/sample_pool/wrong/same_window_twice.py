"""features/shop/same_window_twice.py:8: same_window_twice: windows: the windows '24h' and '1d' are the same
  mend: leave one of them out
"""

from features.shop import sources
from millpond import Count, FeatureView, _

same_window_twice = FeatureView(
    "same_window_twice",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["24h", "1d"],
    features={"visits": Count()},
)
