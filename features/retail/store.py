"""How busy a store is and what it takes, from the last hour to the same week a week ago."""

from features.retail import sources
from millpond import Count, FeatureView, Max, Mean, Min, Sum, Window, _

store = FeatureView(
    "store",
    version=1,
    owner="store operations",
    entity=sources.store,
    source=sources.lines_sold,
    by={"store_id": _.store_id},
    windows=["1h", "24h", "7d"],
    features={
        "lines": Count(),
        "revenue": Sum(_.paid, windows=["1h", "24h", "7d", Window("7d", delay="7d")]),
        "mean_line": Mean(_.paid, windows=["1h", "7d"]),
        "cheapest_line": Min(_.paid, where=_.paid > 0, windows=["24h"]),
        "dearest_line": Max(_.paid, windows=["24h"]),
        "free_lines": Count(where=_.paid == 0, windows=["7d"]),
    },
    description="What goes over a store's tills: the last hour, day and week, and the week before that one.",
)
