"""features/shop/categories_of_no_place.py:19: model: categories['channel_1h']: 'channel_1h' is no place of the vector
  mend: known here: categories_of_no_place.channel_1h
"""

from features.shop import sources
from millpond import FeatureSet, FeatureView, Last, _

categories_of_no_place = FeatureView(
    "categories_of_no_place",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"channel": Last(_.channel), "weight": Last(_.weight)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[categories_of_no_place["channel_1h"]], categories={"channel_1h": ["WEB"]})
