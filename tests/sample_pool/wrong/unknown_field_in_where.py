"""features/shop/unknown_field_in_where.py:16: unknown_field_in_where.features['gifts']: where: there is no field 'gfit'
  mend: did you mean 'gift'?
"""

from features.shop import sources
from millpond import Count, FeatureView, _

unknown_field_in_where = FeatureView(
    "unknown_field_in_where",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"gifts": Count(where=_.gfit)},
)
