"""Sums to the millisecond: a card's tiles keep its events."""

from features.payments import sources
from millpond import Count, FeatureView, Sum, _

exact = FeatureView(
    "exact",
    version=1,
    owner="benchmarks",
    entity=sources.card,
    source=sources.payments,
    by={"card_id": _.card_id},
    windows=["10m", "24h"],
    features={
        "payments": Count(),
        "volume": Sum(_.amount),
    },
    precision="exact",
)
