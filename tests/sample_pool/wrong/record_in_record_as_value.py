"""features/shop/record_in_record_as_value.py:16: record_in_record_as_value.features['place']: _.billed_to.place is a record, not a value
  mend: write a field of it, such as _.billed_to.place.lat
"""

from features.shop import sources
from millpond import FeatureView, Last, _

record_in_record_as_value = FeatureView(
    "record_in_record_as_value",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"place": Last(_.billed_to.place)},
)
