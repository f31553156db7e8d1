"""What the three views of this domain are alike in."""

from typing import Any

from features.payments import sources
from millpond import Count, Entity, FeatureView, Max, Mean, Sum, _


def exactly(entity: Entity, key: Any) -> FeatureView:
    """What an entity does, to the millisecond: its tiles keep their events."""
    return FeatureView(
        entity.name,
        version=1,
        owner="benchmarks",
        entity=entity,
        source=sources.payments,
        by={f"{entity.name}_id": key},
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
