"""features/shop/operation_not_listed.py:16: operation_not_listed.features['even']: where: BitwiseAnd is not on the list of operations proven equal in every engine
  mend: docs/expressions.md lists those that are
"""

from features.shop import sources
from millpond import Count, FeatureView, _

operation_not_listed = FeatureView(
    "operation_not_listed",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"even": Count(where=(_.quantity & 1) == 0)},
)
