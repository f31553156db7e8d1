"""features/shop/bad_name.py:8: the view 'Bad-Name' is not a name
  mend: use lower-case letters, digits and _, and begin with a letter
"""

from features.shop import sources
from millpond import Count, FeatureView, _

bad_name = FeatureView(
    "Bad-Name",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
