"""How a card fares at merchants: a stolen one is tried out before it is used."""

from features.payments import sources
from millpond import Count, CountDistinct, FeatureView, _

card = FeatureView(
    "card",
    version=1,
    owner="fraud",
    entity=sources.card,
    source=sources.cards,
    by={"card_id": _.card_id},
    windows=["1h", "24h"],
    features={
        "attempts": Count(description="Payments that merchants asked for."),
        "declined": Count(where=~_.approved, description="Those that were declined."),
        "countries": CountDistinct(_.country, windows=["24h"], description="Countries of these merchants."),
    },
    description="How a card fares at merchants.",
)
