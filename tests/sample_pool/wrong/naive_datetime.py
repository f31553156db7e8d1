"""features/shop/naive_datetime.py:18: naive_datetime.features['old']: where: 2024-01-01 00:00:00 does not say its time zone
  mend: write datetime(..., tzinfo=UTC)
"""

from datetime import datetime

from features.shop import sources
from millpond import Count, FeatureView, _

naive_datetime = FeatureView(
    "naive_datetime",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"old": Count(where=_.sold_at < datetime(2024, 1, 1))},
)
