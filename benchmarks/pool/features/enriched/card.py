"""What a card does, to the millisecond: its tiles keep their events."""

from features.payments import sources
from millpond import Count, FeatureView, Max, Mean, Sum, _

card = FeatureView(
    "card",
    version=1,
    owner="benchmarks",
    entity=sources.card,
    source=sources.payments,
    by={"card_id": _.card_id},
    windows=["1h", "24h"],
    precision="exact",
    cap=500,
    fallback="100%",
    features={
        "payments": Count(),
        "volume": Sum(_.amount),
        "mean": Mean(_.amount, windows=["24h"]),
        "most": Max(_.amount, windows=["24h"]),
        "by_web": Count(where=_.channel == "WEB", windows=["24h"]),
    },
)
