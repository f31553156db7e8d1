"""What an account changes of itself."""

from features.bank import sources

from millpond import Count, FeatureView, Last, ValueCounts, _

profile = FeatureView(
    "profile",
    version=1,
    owner="benchmarks",
    entity=sources.account,
    source=sources.profiles,
    by={"account_id": _.account_id},
    windows=["7d", "30d"],
    features={
        "changes": Count(),
        "fields": ValueCounts(_.field),
        "device": Last(_.device_id),
    },
)
