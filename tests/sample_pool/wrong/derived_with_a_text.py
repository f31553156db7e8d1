"""features/shop/derived_with_a_text.py:19: twice: 'derived_with_a_text.visits_1h * 2' is a text, not an expression
  mend: write it with _, such as _.amount > 10
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_with_a_text = FeatureView(
    "derived_with_a_text",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", features=[derived_with_a_text["visits_1h"], Derived("twice", "derived_with_a_text.visits_1h * 2")])
