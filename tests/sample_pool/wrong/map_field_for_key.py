"""features/shop/map_field_for_key.py:16: map_field_for_key.features['campaign']: _.extra is a map, and _.extra.campaign is no key of it
  mend: write _.extra["campaign"]
"""

from features.shop import sources
from millpond import FeatureView, Last, _

map_field_for_key = FeatureView(
    "map_field_for_key",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"campaign": Last(_.extra.campaign)},
)
