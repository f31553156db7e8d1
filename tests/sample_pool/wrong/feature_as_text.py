"""features/shop/feature_as_text.py:19: model: features: 'feature_as_text.visits_1h' is a text
  mend: take it from its view: household["visits_1h"]
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

feature_as_text = FeatureView(
    "feature_as_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

model = FeatureSet("model", version=1, owner="loyalty", features=["feature_as_text.visits_1h"])
