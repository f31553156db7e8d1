"""Six aggregates over three windows, each of another level: what a device does."""

from features.payments import sources
from millpond import Count, FeatureView, Max, Mean, Min, Sum, _

device = FeatureView(
    "device",
    version=1,
    owner="benchmarks",
    entity=sources.device,
    source=sources.payments,
    by={"device_id": _.device_id},
    windows=["10m", "24h", "30d"],
    features={
        "payments": Count(),
        "volume": Sum(_.amount),
        "mean": Mean(_.amount),
        "least": Min(_.amount),
        "most": Max(_.amount),
        "by_web": Count(where=_.channel == "WEB"),
    },
)
