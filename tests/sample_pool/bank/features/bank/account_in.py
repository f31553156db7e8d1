"""What an account is paid."""

from features.bank import sources

from millpond import Count, FeatureView, Std, Sum, _

account_in = FeatureView(
    "account_in",
    version=1,
    owner="benchmarks",
    entity=sources.account,
    source=sources.transfers,
    by={"account_id": _.recipient_id},
    windows=["24h", "30d"],
    features={
        "received": Count(),
        "amount": Sum(_.amount),
        "spread": Std(_.amount, windows=["30d"]),
    },
)
