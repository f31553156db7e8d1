"""features/shop/timestamp_as_text.py:16: timestamp_as_text.features['old']: where: cannot compare timestamp and string
  mend: use two values of one type, or two numbers
"""

from features.shop import sources
from millpond import Count, FeatureView, _

timestamp_as_text = FeatureView(
    "timestamp_as_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"old": Count(where=_.sold_at < "2024-01-01")},
)
