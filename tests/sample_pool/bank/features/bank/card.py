"""What a card is asked for."""

from features.bank import sources

from millpond import Count, CountDistinct, FeatureView, Sum, _

card = FeatureView(
    "card",
    version=1,
    owner="benchmarks",
    entity=sources.card,
    source=sources.cards,
    by={"card_id": _.card_id},
    windows=["10m", "24h", "7d"],
    features={
        "asked": Count(),
        "amount": Sum(_.amount),
        "declined": Count(where=~_.approved),
        "merchants": CountDistinct(_.merchant_id, windows=["24h"]),
    },
)
