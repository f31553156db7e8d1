"""features/shop/array_field.py:16: array_field.features['tagged']: where: the field 'tags' cannot be read: it is an array, and how many values it has differs from event to event
  mend: let its producer write what is needed of it as a field of its own, such as the number of its values
"""

from features.shop import sources
from millpond import Count, FeatureView, _

array_field = FeatureView(
    "array_field",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"tagged": Count(where=_.tags == "new")},
)
