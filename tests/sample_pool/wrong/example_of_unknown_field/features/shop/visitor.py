from features.shop import sources
from millpond import Count, FeatureView, Sum, _

visitor = FeatureView(
    "visitor",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={"visits": Count(), "spend": Sum(_.amount)},
)
