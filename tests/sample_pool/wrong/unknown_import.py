"""features/shop/unknown_import.py:6: millpond has no 'Cuont'
  mend: did you mean 'Count'?
"""

from features.shop import sources
from millpond import Cuont, FeatureView, _

unknown_import = FeatureView(
    "unknown_import",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Cuont()},
)
