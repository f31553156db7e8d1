"""features/shop/aggregate_in_expression.py:16: aggregate_in_expression.features['above']: where: Mean aggregates events inside an expression about one event
  mend: aggregate with Count, Sum, Mean, Min or Max
"""

from features.shop import sources
from millpond import Count, FeatureView, _

aggregate_in_expression = FeatureView(
    "aggregate_in_expression",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"above": Count(where=_.amount > _.amount.mean())},
)
