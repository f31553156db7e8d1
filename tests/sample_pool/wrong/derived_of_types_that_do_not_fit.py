"""features/shop/derived_of_types_that_do_not_fit.py:19: model.features['odd']: ibis cannot bind (_.request.channel > _.derived_of_types_that_do_not_fit.visits_1h): Arguments channel:string and visits_1h:int64 are not comparable
  mend: compare and compute with values of one type, or with numbers
"""

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

derived_of_types_that_do_not_fit = FeatureView(
    "derived_of_types_that_do_not_fit",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)},
)

model = FeatureSet("model", version=1, owner="loyalty", request={"channel": "string"}, features=[derived_of_types_that_do_not_fit["visits_1h"], Derived("odd", _.request.channel > _.derived_of_types_that_do_not_fit.visits_1h)])
