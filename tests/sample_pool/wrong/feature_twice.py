"""features/shop/feature_twice.py:19: model: features: 'feature_twice.visits_1h' stands twice
  mend: leave one of them out
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

feature_twice = FeatureView(
    "feature_twice",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[*feature_twice.all(), feature_twice["visits_1h"]])
