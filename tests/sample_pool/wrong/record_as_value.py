"""features/shop/record_as_value.py:16: record_as_value.features['city']: _.address is a record, not a value
  mend: write a field of it, such as _.address.city
"""

from features.shop import sources
from millpond import FeatureView, Last, _

record_as_value = FeatureView(
    "record_as_value",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"city": Last(_.address)},
)
