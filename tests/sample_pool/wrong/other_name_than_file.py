"""features/shop/other_name_than_file.py:8: visitor: a view's file has the view's name
  mend: name the file visitor.py
"""

from features.shop import sources
from millpond import Count, FeatureView, _

other_name_than_file = FeatureView(
    "visitor",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
