"""features/shop/map_as_value.py:16: map_as_value.features['campaign']: _.extra is a map, not a value
  mend: name one of its keys: _.extra["some_key"]
"""

from features.shop import sources
from millpond import FeatureView, Last, _

map_as_value = FeatureView(
    "map_as_value",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"campaign": Last(_.extra)},
)
