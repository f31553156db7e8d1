"""features/shop/categories_of_a_number.py:19: model: categories: categories_of_a_number.weight_1h is double, and categories are texts
  mend: leave it out: numbers stay as they are
"""

from features.shop import sources
from millpond import FeatureSet, FeatureView, Last, _

categories_of_a_number = FeatureView(
    "categories_of_a_number",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"channel": Last(_.channel), "weight": Last(_.weight)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[categories_of_a_number["weight_1h"]], categories={"categories_of_a_number.weight_1h": ["1"]})
