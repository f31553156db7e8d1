"""features/shop/forgotten_star.py:19: model: features: a list inside the list
  mend: put a * before it: *household.all()
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

forgotten_star = FeatureView(
    "forgotten_star",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[forgotten_star.all()])
