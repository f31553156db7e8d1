"""A composite key of a string and an integer; one aggregation's partials serve another."""

from features.shop import sources

from millpond import Count, FeatureView, Mean, Sum, _

customer_store = FeatureView(
    "customer_store",
    version=2,
    owner="loyalty",
    entity=sources.customer_store,
    source=sources.sales,
    by={"customer_id": _.customer_id, "store_id": _.store_id},
    windows=["7d"],
    features={
        "spend": Sum(_.amount),
        "visits": Count(),
        "mean_spend": Mean(_.amount),
        "mean_rating": Mean(_.rating),
    },
    precision="20%",
)
