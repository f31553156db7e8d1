"""features/shop/not_an_aggregation.py:8: not_an_aggregation: features['spend']: _.amount is not an aggregation
  mend: use one of Count, Sum, Mean, Min, Max, Var, Std, Skew, Kurtosis, First, Last, ArgMin, ArgMax, FirstK, LastK, CountDistinct, CountNew, TopK, ValueCounts, Quantile, Median, SecondsSinceFirst, SecondsSinceLast, such as Count()
"""

from features.shop import sources
from millpond import FeatureView, _

not_an_aggregation = FeatureView(
    "not_an_aggregation",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"spend": _.amount},
)
