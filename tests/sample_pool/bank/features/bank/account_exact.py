"""What an account pays, to the millisecond."""

from features.bank import sources

from millpond import Count, FeatureView, LastK, Sum, _

account_exact = FeatureView(
    "account_exact",
    version=1,
    owner="benchmarks",
    entity=sources.account,
    source=sources.transfers,
    by={"account_id": _.sender_id},
    windows=["1h", "24h"],
    features={
        "sent": Count(),
        "amount": Sum(_.amount),
        "last": LastK(_.amount, k=3),
    },
    precision="exact",
    cap=50,
)
