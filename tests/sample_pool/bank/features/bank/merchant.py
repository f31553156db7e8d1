"""Who pays at a merchant, and how much."""

from features.bank import sources

from millpond import Count, FeatureView, Max, Quantile, Std, TopK, ValueCounts, _

merchant = FeatureView(
    "merchant",
    version=1,
    owner="benchmarks",
    entity=sources.merchant,
    source=sources.cards,
    by={"merchant_id": _.merchant_id},
    windows=["10m", "24h"],
    features={
        "asked": Count(),
        "declined": Count(where=~_.approved),
        "spread": Std(_.amount),
        "greatest": Max(_.amount),
        "currencies": ValueCounts(_.currency),
        "cards": TopK(_.card_id, k=3, windows=["24h"]),
        "high": Quantile(_.amount, p="0.9", windows=["24h"]),
    },
)
