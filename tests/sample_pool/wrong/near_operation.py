"""features/shop/near_operation.py:16: near_operation.features['parts']: ExtractMicrosecond is not on the list of operations proven equal in every engine
  mend: did you mean a.millisecond() (ExtractMillisecond)?
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
    features={"parts": Sum(_.sold_at.microsecond())},
)
