"""features/shop/array_field.py:16: array_field.features['tagged']: where: the field 'tags' cannot be read: it is an array, which is not a single value
  mend: name another field; known here: amount, article_id, channel, count, customer_id, discount, fee, gift, paid_at, quantity, rating, returned_by, sale_id, sold_at, store_id, weight
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
