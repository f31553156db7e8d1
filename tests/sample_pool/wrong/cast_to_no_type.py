"""features/shop/cast_to_no_type.py:16: cast_to_no_type.features['spend']: float32 is no type of ours
  mend: write "int", "double", "string", "boolean" or "decimal(18,4)"
"""

from features.shop import sources
from millpond import FeatureView, Sum, _

cast_to_no_type = FeatureView(
    "cast_to_no_type",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": Sum(_.amount.cast("float32"))},
)
