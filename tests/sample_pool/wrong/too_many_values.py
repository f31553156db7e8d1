"""features/shop/too_many_values.py:16: CountDistinct: cap=1000000 is not a whole number from 1 to 10000
  mend: write cap=1 or more, up to 10000
"""

from features.shop import sources
from millpond import CountDistinct, FeatureView, _

too_many_values = FeatureView(
    "too_many_values",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"stores": CountDistinct(_.store_id, cap=1_000_000)},
)
