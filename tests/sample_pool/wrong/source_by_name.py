"""features/shop/source_by_name.py:8: source_by_name: source='sales' is not an EventSource
  mend: give an EventSource
"""

from features.shop import sources
from millpond import Count, FeatureView, _

source_by_name = FeatureView(
    "source_by_name",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source="sales",
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
