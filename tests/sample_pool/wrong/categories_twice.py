"""features/shop/categories_twice.py:19: model: categories['categories_twice.channel_1h']: 'WEB' stands twice
  mend: leave one of them out
"""

from features.shop import sources
from millpond import FeatureSet, FeatureView, Last, _

categories_twice = FeatureView(
    "categories_twice",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"channel": Last(_.channel), "weight": Last(_.weight)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[categories_twice["channel_1h"]], categories={"categories_twice.channel_1h": ["WEB", "WEB"]})
