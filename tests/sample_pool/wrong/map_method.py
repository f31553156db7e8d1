"""features/shop/map_method.py:16: map_method.features['keys']: where: _.extra is a map, and _.extra.contains is no key of it
  mend: write _.extra["some_key"]
"""

from features.shop import sources
from millpond import Count, FeatureView, _

map_method = FeatureView(
    "map_method",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"keys": Count(where=_.extra.contains("x"))},
)
