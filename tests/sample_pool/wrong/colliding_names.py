"""features/shop/colliding_names.py:8: colliding_names: features: two aggregations give the feature 'visits_30d_delayed_7d'
  mend: rename one of them
"""

from features.shop import sources
from millpond import Count, FeatureView, Window, _

colliding_names = FeatureView(
    "colliding_names",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(windows=[Window("30d", delay="7d")]), "visits_30d_delayed": Count(windows=["7d"])},
)
