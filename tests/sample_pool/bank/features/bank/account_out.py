"""What an account pays: six numbers over an hour, a day and a month."""

from features.bank import sources

from millpond import Count, FeatureView, Max, Mean, Sum, _

account_out = FeatureView(
    "account_out",
    version=1,
    owner="benchmarks",
    entity=sources.account,
    source=sources.transfers,
    by={"account_id": _.sender_id},
    windows=["1h", "24h", "30d"],
    features={
        "sent": Count(),
        "amount": Sum(_.amount),
        "mean": Mean(_.amount),
        "greatest": Max(_.amount),
        "failed": Count(where=_.status == "FAILED"),
    },
)
