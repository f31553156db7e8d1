"""features/shop/no_owner.py:8: FeatureView needs 'owner'
  mend: add it
"""

from features.shop import sources
from millpond import Count, FeatureView, _

no_owner = FeatureView(
    "no_owner",
    version=1,
    # nobody
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
