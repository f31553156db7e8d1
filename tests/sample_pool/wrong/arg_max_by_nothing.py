"""features/shop/arg_max_by_nothing.py:16: ArgMax: by: 'weight' is a text, not an expression
  mend: write _.weight
"""

from features.shop import sources
from millpond import ArgMax, FeatureView, _

arg_max_by_nothing = FeatureView(
    "arg_max_by_nothing",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": ArgMax(_.amount, by="weight")},
)
