"""features/shop/array_in_record.py:16: array_in_record.features['street']: the field 'address.lines' cannot be read: it is an array, and how many values it has differs from event to event
  mend: let its producer write what is needed of it as a field of its own, such as the number of its values
"""

from features.shop import sources
from millpond import FeatureView, Last, _

array_in_record = FeatureView(
    "array_in_record",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"street": Last(_.address.lines)},
)
