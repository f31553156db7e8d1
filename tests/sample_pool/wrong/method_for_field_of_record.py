"""features/shop/method_for_field_of_record.py:16: method_for_field_of_record.features['most']: _.address.count is a method of ibis, not the field
  mend: write _.address["count"]
"""

from features.shop import sources
from millpond import FeatureView, Max, _

method_for_field_of_record = FeatureView(
    "method_for_field_of_record",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"most": Max(_.address.count)},
)
