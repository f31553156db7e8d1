"""How well a sender knows a recipient."""

from features.payments import sources
from features.payments.conditions import moved
from millpond import LIFETIME, Count, FeatureView, SecondsSinceFirst, Sum, _

pair = FeatureView(
    "pair",
    version=1,
    owner="fraud",
    entity=sources.pair,
    source=sources.transfers,
    by={"sender_id": _.sender_id, "recipient_id": _.recipient_id},
    windows=[LIFETIME],
    precision="exact",
    cap=500,  # events in a day of the busiest
    fallback="100%",
    features={
        "transfers": Count(description="Transfers from the one to the other, ever."),
        "since_first": SecondsSinceFirst(description="How long ago the first one was."),
        "volume": Sum(_.amount, where=moved, windows=["30d"], description="Money that went from the one to the other."),
    },
    description="How well a sender knows a recipient: since when, how often, how much.",
)
