"""features/shop/count_new_in_one_tile.py:8: count_new_in_one_tile: features['new']: precision='100%' allows tiles that hold all that is remembered, and what is new
  mend: write precision="50%" or less, or precision="exact"
"""

from features.shop import sources
from millpond import CountNew, FeatureView, _

count_new_in_one_tile = FeatureView(
    "count_new_in_one_tile",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["30m"],
    features={"new": CountNew(_.store_id, keep="1h")},
    precision="100%",
)
