"""features/shop/later_request.py:19: FeatureSet has no argument 'request'
  mend: request fields come in a later version; name features of bound views only
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

later_request = FeatureView(
    "later_request",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", request=sources.sales, features=[later_request["visits_1h"]])
