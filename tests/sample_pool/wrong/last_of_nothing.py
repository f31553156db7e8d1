"""features/shop/last_of_nothing.py:16: Last: it is over no fields
  mend: name some: {"lat": _.lat, "lon": _.lon}
"""

from features.shop import sources
from millpond import Last, FeatureView, _

last_of_nothing = FeatureView(
    "last_of_nothing",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": Last({})},
)
