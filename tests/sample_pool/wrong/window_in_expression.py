"""features/shop/window_in_expression.py:16: window_in_expression.features['more']: where: Lag looks at other events than its own
  mend: put what it needs into the event
"""

from features.shop import sources
from millpond import Count, FeatureView, _

window_in_expression = FeatureView(
    "window_in_expression",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"more": Count(where=_.amount > _.amount.lag())},
)
