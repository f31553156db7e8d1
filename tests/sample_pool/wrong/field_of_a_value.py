"""features/shop/field_of_a_value.py:16: field_of_a_value.features['city']: ibis cannot bind _.channel.city: 'StringColumn' object has no attribute 'city'
  mend: a single value has no fields in it; write the field, or an operation that is listed
"""

from features.shop import sources
from millpond import FeatureView, Last, _

field_of_a_value = FeatureView(
    "field_of_a_value",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"city": Last(_.channel.city)},
)
