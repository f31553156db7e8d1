"""features/shop/unknown_field.py:16: unknown_field.features['spend']: there is no field 'amuont'
  mend: did you mean 'amount'?
"""

from features.shop import sources
from millpond import FeatureView, Sum, _

unknown_field = FeatureView(
    "unknown_field",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": Sum(_.amuont)},
)
