"""features/shop/date_field.py:16: date_field.features['today']: where: the field 'day' cannot be read: it is a date, which is not an instant
  mend: name another field; known here: address, amount, article_id, billed_to, channel, count, customer_id, discount, extra, fee, gift, paid_at, quantity, rating, returned_by, sale_id, sold_at, store_id, weight
"""

from features.shop import sources
from millpond import Count, FeatureView, _

date_field = FeatureView(
    "date_field",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"today": Count(where=_.day == 1)},
)
