"""How often a device meets each channel, merchant and size of amount."""

from features.payments import sources
from millpond import FeatureView, Quantile, TopK, ValueCounts, _

tallies = FeatureView(
    "tallies",
    version=1,
    owner="benchmarks",
    entity=sources.device,
    source=sources.payments,
    by={"device_id": _.device_id},
    windows=["24h", "7d"],
    features={
        "channels": ValueCounts(_.channel),
        "merchants": TopK(_.merchant_id, k=5),
        "high": Quantile(_.amount, p="0.9"),
    },
)
