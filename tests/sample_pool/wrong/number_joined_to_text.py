"""features/shop/number_joined_to_text.py:16: number_joined_to_text.features['codes']: where: ibis cannot bind ((_.channel + _.quantity) == 'WEB1'): StringConcat((r0 := UnboundTable: event
  mend: compare and compute with values of one type, or with numbers
"""

from features.shop import sources
from millpond import Count, FeatureView, _

number_joined_to_text = FeatureView(
    "number_joined_to_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"codes": Count(where=_.channel + _.quantity == "WEB1")},
)
