"""features/shop/two_types_of_request_field.py:20: model: request: the field 'id' would be string for 'here' and int for 'here'
  mend: bind 'here' to another field: .bind('here', store_id=_.other_id)
"""

from features.shop import sources
from millpond import Count, FeatureSet, FeatureView, _

two_types_of_request_field = FeatureView(
    "two_types_of_request_field",
    version=1,
    owner="loyalty",
    entity=sources.customer_store,
    source=sources.sales,
    by={"customer_id": _.customer_id, "store_id": _.store_id},
    windows=["1h"],
    features={"visits": Count()},
)
here = two_types_of_request_field.bind("here", customer_id=_.id, store_id=_.id)

model = FeatureSet("model", version=1, owner="loyalty", features=[*here.all()])
