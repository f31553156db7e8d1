"""features/shop/uncalled_method.py:16: uncalled_method.features['lost']: where: _.discount.isnull is a method that is not called
  mend: add its parentheses
"""

from features.shop import sources
from millpond import Count, FeatureView, _

uncalled_method = FeatureView(
    "uncalled_method",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"lost": Count(where=_.discount.isnull)},
)
