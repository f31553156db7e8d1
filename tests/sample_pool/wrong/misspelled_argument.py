"""features/shop/misspelled_argument.py:8: FeatureView has no argument 'descripton'
  mend: did you mean 'description'?
"""

from features.shop import sources
from millpond import Count, FeatureView, _

misspelled_argument = FeatureView(
    "misspelled_argument",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
    descripton="What a customer does.",
)
