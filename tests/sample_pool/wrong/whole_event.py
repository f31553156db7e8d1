"""features/shop/whole_event.py:16: whole_event.features['spend']: _ alone is the whole event
  mend: write a field of it, such as _.sale_id
"""

from features.shop import sources
from millpond import FeatureView, Sum, _

whole_event = FeatureView(
    "whole_event",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": Sum(_)},
)
