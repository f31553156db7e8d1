"""features/shop/least_of_boolean.py:16: least_of_boolean.features['spend']: booleans have no least and greatest
  mend: count: Count(where=_.field)
"""

from features.shop import sources
from millpond import Min, FeatureView, _

least_of_boolean = FeatureView(
    "least_of_boolean",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": Min(_.gift)},
)
