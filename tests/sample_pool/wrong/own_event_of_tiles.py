"""features/shop/own_event_of_tiles.py:19: model: own_event="exclude", and own_event_of_tiles.visits_1h is of tiles, which no single event can be left out of
  mend: set precision="exact" in shop.own_event_of_tiles (a new version), or write own_event="include"
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

own_event_of_tiles = FeatureView(
    "own_event_of_tiles",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", request=sources.sales, own_event="exclude", features=[own_event_of_tiles["visits_1h"]])
