"""features/shop/count_new_since_when.py:8: count_new_since_when: features['new']: before the window 'lifetime' there is nothing a value could be new since
  mend: give it windows of its own, not delayed: windows=["24h"]
"""

from features.shop import sources
from millpond import LIFETIME, CountNew, FeatureView, _

count_new_since_when = FeatureView(
    "count_new_since_when",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"new": CountNew(_.store_id, keep="30d", windows=[LIFETIME])},
)
