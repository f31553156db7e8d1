"""features/shop/bad_window.py:16: Count: '1 day' is not a duration
  mend: write a whole number and a unit: 30s, 10m, 24h, 30d
"""

from features.shop import sources
from millpond import Count, FeatureView, _

bad_window = FeatureView(
    "bad_window",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(windows=["1 day"])},
)
