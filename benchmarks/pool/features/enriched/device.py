"""What a device does, to the millisecond: its tiles keep their events."""

from features.payments import sources
from millpond import Count, FeatureView, Max, Mean, Sum, _

device = FeatureView(
    "device",
    version=1,
    owner="benchmarks",
    entity=sources.device,
    source=sources.payments,
    by={"device_id": _.device_id},
    windows=["1h", "24h"],
    precision="exact",
    cap=500,
    fallback="100%",
    features={
        "payments": Count(),
        "volume": Sum(_.amount),
        "mean": Mean(_.amount, windows=["24h"]),
        "most": Max(_.amount, windows=["24h"]),
        "by_web": Count(where=_.channel == "WEB", windows=["24h"]),
    },
)
