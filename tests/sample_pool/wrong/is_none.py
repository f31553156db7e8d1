"""features/shop/is_none.py:16: Count: where: a plain False is not an expression of the event
  mend: join conditions with & | ~, each in parentheses: (_.a > 1) & (_.b == 2); write _.a.between(1, 5) for 1 <= _.a <= 5, and _.a.isnull() for `is None`
"""

from features.shop import sources
from millpond import Count, FeatureView, _

is_none = FeatureView(
    "is_none",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"lost": Count(where=_.customer_id is None)},
)
