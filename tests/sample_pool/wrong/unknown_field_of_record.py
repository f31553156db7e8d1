"""features/shop/unknown_field_of_record.py:16: unknown_field_of_record.features['city']: there is no field 'ctiy' in address
  mend: did you mean 'city'?
"""

from features.shop import sources
from millpond import FeatureView, Last, _

unknown_field_of_record = FeatureView(
    "unknown_field_of_record",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"city": Last(_.address.ctiy)},
)
