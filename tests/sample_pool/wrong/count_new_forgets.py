"""features/shop/count_new_forgets.py:8: count_new_forgets: features['new']: keep='90m' is less than twice the window '1h'
  mend: remember longer: keep="2h"
"""

from features.shop import sources
from millpond import CountNew, FeatureView, _

count_new_forgets = FeatureView(
    "count_new_forgets",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"new": CountNew(_.store_id, keep="90m")},
)
