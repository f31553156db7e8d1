"""features/shop/too_many_events.py:8: too_many_events: cap=5000 is not a whole number from 1 to 1000
  mend: write cap=1 or more, up to 1000
"""

from features.shop import sources
from millpond import Count, FeatureView, _

too_many_events = FeatureView(
    "too_many_events",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
    precision="exact",
    cap=5_000,
)
