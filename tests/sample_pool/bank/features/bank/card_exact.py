"""What a card is asked for, to the millisecond."""

from features.bank import sources

from millpond import Count, FeatureView, Sum, _

card_exact = FeatureView(
    "card_exact",
    version=1,
    owner="benchmarks",
    entity=sources.card,
    source=sources.cards,
    by={"card_id": _.card_id},
    windows=["10m", "6h"],
    features={
        "asked": Count(),
        "amount": Sum(_.amount),
    },
    precision="exact",
    cap=50,
)
