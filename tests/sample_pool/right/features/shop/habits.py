"""Several values at once, and windows to the millisecond."""

from features.shop import sources

from millpond import (
    CountDistinct,
    CountNew,
    FeatureView,
    FirstK,
    LastK,
    Median,
    Quantile,
    Sum,
    TopK,
    ValueCounts,
    _,
)

habits = FeatureView(
    "habits",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h"],
    features={
        "spend": Sum(_.amount),
        "first_articles": FirstK(_.article_id, k=2),
        "last_amounts": LastK(_.amount, k=2),
        "stores": CountDistinct(_.store_id),
        "new_stores": CountNew(_.store_id, keep="30d", windows=["7d"]),
        "channels": TopK(_.channel, k=1),
        "channel_counts": ValueCounts(_.channel),
        "high": Quantile(_.amount, p="0.9"),
        "middle": Median(_.amount, where=_.amount > 100),
    },
    precision="exact",
    cap=50,
)
