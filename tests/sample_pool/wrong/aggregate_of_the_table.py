"""features/shop/aggregate_of_the_table.py:16: aggregate_of_the_table.features['share']: _.nunique is a method of ibis, and there is no field 'nunique'
  mend: an expression is about one event; aggregate with Count, Sum, Mean, Min or Max
"""

from features.shop import sources
from millpond import FeatureView, Sum, _

aggregate_of_the_table = FeatureView(
    "aggregate_of_the_table",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"share": Sum(_.amount / _.nunique())},
)
