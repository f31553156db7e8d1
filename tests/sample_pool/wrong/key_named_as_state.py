"""features/shop/key_named_as_state.py:8: key_named_as_state.features: 'visits_count' is a key column and a column of the aggregation's state
  mend: rename the aggregation or the key column
"""

from features.shop import sources
from millpond import Count, Entity, FeatureView, _

key_named_as_state = FeatureView(
    "key_named_as_state",
    version=1,
    owner="loyalty",
    entity=Entity("customer_by_visits", keys=["visits_count"]),
    source=sources.sales,
    by={"visits_count": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
