"""features/shop/double_underscore.py:8: double_underscore: features['web__visits']: the feature 'web__visits' has a double or closing underscore, which separates alias from feature in flat names
  mend: use single underscores between words
"""

from features.shop import sources
from millpond import Count, FeatureView, _

double_underscore = FeatureView(
    "double_underscore",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"web__visits": Count()},
)
