"""features/shop/text_for_expression.py:16: Sum: 'amount' is a text, not an expression
  mend: write _.amount
"""

from features.shop import sources
from millpond import FeatureView, Sum, _

text_for_expression = FeatureView(
    "text_for_expression",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": Sum("amount")},
)
