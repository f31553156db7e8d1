"""features/shop/two_views_in_a_file.py:19: second: the file already defines the view 'two_views_in_a_file'
  mend: move it to second.py
"""

from features.shop import sources
from millpond import Count, FeatureView, _

two_views_in_a_file = FeatureView(
    "two_views_in_a_file",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)

second = FeatureView(
    "second",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count()},
)
