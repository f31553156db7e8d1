"""features/shop/no_parentheses.py:16: an expression of the event is used as a plain Python value
  mend: join conditions with & | ~, each in parentheses: (_.a > 1) & (_.b == 2); write _.a.between(1, 5) for 1 <= _.a <= 5, and _.a.isnull() for `is None`
"""

from features.shop import sources
from millpond import Count, FeatureView, _

no_parentheses = FeatureView(
    "no_parentheses",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"big": Count(where=_.amount > 1 & _.quantity == 2)},
)
