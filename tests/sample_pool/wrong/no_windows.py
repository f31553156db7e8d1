"""features/shop/no_windows.py:8: no_windows: features['visits']: it has no windows
  mend: give some to it or to the view: windows=["1h"]
"""

from features.shop import sources
from millpond import Count, FeatureView, _

no_windows = FeatureView(
    "no_windows",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=[],
    features={"visits": Count()},
)
