"""How many different merchants and devices a card pays with."""

from features.payments import sources
from millpond import CountDistinct, FeatureView, _

distinct = FeatureView(
    "distinct",
    version=1,
    owner="benchmarks",
    entity=sources.card,
    source=sources.payments,
    by={"card_id": _.card_id},
    windows=["24h", "7d"],
    features={
        "merchants": CountDistinct(_.merchant_id),
        "devices": CountDistinct(_.device_id),
    },
)
