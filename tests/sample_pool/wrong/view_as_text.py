"""features/shop/view_as_text.py:19: model: views: 'view_as_text' is not a view
  mend: name a view, or a binding: views=[account.bind("a", …)]
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

view_as_text = FeatureView(
    "view_as_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", views=["view_as_text"], features=[view_as_text["visits_1h"]])
