"""features/shop/last_of_none.py:16: LastK: k=0 is not a whole number from 1 to 1000
  mend: write k=1 or more, up to 1000
"""

from features.shop import sources
from millpond import FeatureView, LastK, _

last_of_none = FeatureView(
    "last_of_none",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"last": LastK(_.amount, k=0)},
)
