"""features/shop/later_aggregation.py:6: millpond has no 'CountDistinct'
  mend: it comes in a later version; there are Count, Sum, Mean, Min and Max
"""

from features.shop import sources
from millpond import CountDistinct, FeatureView, _

later_aggregation = FeatureView(
    "later_aggregation",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"stores": CountDistinct(_.store_id)},
)
