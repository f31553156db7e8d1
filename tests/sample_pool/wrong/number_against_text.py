"""features/shop/number_against_text.py:16: number_against_text.features['web']: where: ibis cannot bind (_.channel > 1): Arguments channel:string and Literal(1):int8 are not comparable
  mend: compare and compute with values of one type, or with numbers
"""

from features.shop import sources
from millpond import Count, FeatureView, _

number_against_text = FeatureView(
    "number_against_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"web": Count(where=_.channel > 1)},
)
