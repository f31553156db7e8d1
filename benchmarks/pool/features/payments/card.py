"""Six aggregates over three windows, each of another level: what a card does."""

from features.payments import sources
from millpond import Count, FeatureView, Max, Mean, Min, Sum, _

card = FeatureView(
    "card",
    version=1,
    owner="benchmarks",
    entity=sources.card,
    source=sources.payments,
    by={"card_id": _.card_id},
    windows=["10m", "24h", "30d"],
    features={
        "payments": Count(),
        "volume": Sum(_.amount),
        "mean": Mean(_.amount),
        "least": Min(_.amount),
        "most": Max(_.amount),
        "by_web": Count(where=_.channel == "WEB"),
    },
)
