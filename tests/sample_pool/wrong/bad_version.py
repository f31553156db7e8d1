"""features/shop/bad_version.py:8: bad_version: version=0 is not a version
  mend: write a whole number from 1: version=1
"""

from features.shop import sources
from millpond import Count, FeatureView, _

bad_version = FeatureView(
    "bad_version",
    version=0,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
