"""features/shop/near_operation.py:16: near_operation.features['pairs']: FloorDivide is not on the list of operations proven equal in every engine
  mend: did you mean a / b (Divide)?
"""

from features.shop import sources
from millpond import FeatureView, Sum, _

near_operation = FeatureView(
    "near_operation",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"pairs": Sum(_.quantity // 2)},
)
