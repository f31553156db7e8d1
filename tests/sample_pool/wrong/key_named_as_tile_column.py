"""features/shop/key_named_as_tile_column.py:12: till.keys: 'level' is a column of every tile
  mend: name it after what it identifies: till_level
"""

from features.shop import sources
from millpond import Count, Entity, FeatureView, _

key_named_as_tile_column = FeatureView(
    "key_named_as_tile_column",
    version=1,
    owner="loyalty",
    entity=Entity("till", keys=["level"]),
    source=sources.sales,
    by={"level": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
