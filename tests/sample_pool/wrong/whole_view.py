"""features/shop/whole_view.py:19: model: features: 'whole_view' is a whole view
  mend: write *whole_view.all()
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

whole_view = FeatureView(
    "whole_view",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[whole_view])
