"""features/shop/fallback_of_no_events.py:8: fallback_of_no_events: fallback='50%' is of exact views, and precision='5%'
  mend: write precision='50%', or precision="exact"
"""

from features.shop import sources
from millpond import Count, FeatureView, _

fallback_of_no_events = FeatureView(
    "fallback_of_no_events",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
    fallback="50%",
)
