"""features/shop/not_python.py:16: not Python: closing parenthesis '}' does not match opening parenthesis '('
  mend: mend the syntax
"""

from features.shop import sources
from millpond import Count, FeatureView, _

not_python = FeatureView(
    "not_python",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(},
)
