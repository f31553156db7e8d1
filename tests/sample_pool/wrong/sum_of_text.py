"""features/shop/sum_of_text.py:16: sum_of_text.features['channels']: sum over string
  mend: use a number
"""

from features.shop import sources
from millpond import FeatureView, Sum, _

sum_of_text = FeatureView(
    "sum_of_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"channels": Sum(_.channel)},
)
