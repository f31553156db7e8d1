"""How well two accounts know each other."""

from features.bank import sources

from millpond import LIFETIME, Count, FeatureView, SecondsSinceFirst, Sum, _

pair = FeatureView(
    "pair",
    version=1,
    owner="benchmarks",
    entity=sources.pair,
    source=sources.transfers,
    by={"sender_id": _.sender_id, "recipient_id": _.recipient_id},
    windows=["7d", LIFETIME],
    features={
        "times": Count(),
        "amount": Sum(_.amount),
        "since": SecondsSinceFirst(windows=[LIFETIME]),
    },
)
