"""features/shop/cast_by_hand.py:16: cast_by_hand.features['spend']: Cast changes a type by hand
  mend: leave it out: numbers widen by themselves
"""

from features.shop import sources
from millpond import FeatureView, Sum, _

cast_by_hand = FeatureView(
    "cast_by_hand",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": Sum(_.amount.cast("float64"))},
)
