"""features/shop/unknown_feature.py:19: the view 'unknown_feature' has no feature 'visit_1h'
  mend: did you mean 'visits_1h'?
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

unknown_feature = FeatureView(
    "unknown_feature",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[unknown_feature["visit_1h"]])
