"""features/shop/variance_of_double.py:16: variance_of_double.features['spend']: over double its sums of powers are not exact, and a tile has nothing else to compute it from
  mend: use an integer or a decimal: .cast("decimal(18,4)")
"""

from features.shop import sources
from millpond import Var, FeatureView, _

variance_of_double = FeatureView(
    "variance_of_double",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": Var(_.weight)},
)
