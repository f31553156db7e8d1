"""features/shop/method_for_field.py:16: method_for_field.features['most']: _.count is a method of ibis, not the field
  mend: write _["count"]
"""

from features.shop import sources
from millpond import FeatureView, Max, _

method_for_field = FeatureView(
    "method_for_field",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"most": Max(_.count)},
)
