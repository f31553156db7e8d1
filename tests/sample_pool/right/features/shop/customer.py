"""A string key; every aggregation; delayed and lifetime windows; conditions of every kind."""

from datetime import UTC, datetime
from decimal import Decimal

from features.shop import sources

from millpond import LIFETIME, Count, FeatureView, Max, Mean, Min, Sum, Window, _

customer = FeatureView(
    "customer",
    version=1,
    owner="loyalty",
    entity=sources.customer,
    source=sources.sales,
    by={"customer_id": _.customer_id},
    windows=["1h", "30d"],
    features={
        "visits": Count(windows=["1h", LIFETIME, Window("30d", delay="7d"), Window(LIFETIME, delay="30d")]),
        "gifts": Count(where=_.gift),
        "spend": Sum(_.amount, description="What was paid at the till."),
        "mean_spend": Mean(_.amount, windows=["30d"]),
        "net": Sum(_.amount - _.discount, windows=["30d"]),
        "units": Sum(_.quantity, where=(_.channel == "WEB") | _.returned_by.isnull(), windows=["1h"]),
        "least": Min(_.amount, where=_.amount > 0.05),
        "most": Max(_.amount * _.quantity, where=_.channel.isin(["WEB", "TILL"]), windows=["90d"]),
        "big": Count(where=_.amount.between(Decimal(100), 999.99) & ~_.gift & (_.fee / 2 < 5), windows=["30d"]),
        "counted": Max(_["count"], windows=["30d"]),
        "loss": Min(-_.discount, where=_.sold_at >= datetime(2024, 1, 1, tzinfo=UTC), windows=["30d"]),
        "weight": Mean(_.weight, where=_.weight.notnull(), windows=["30d"]),
        "last_paid": Max(_.paid_at, windows=["30d"]),
    },
    description="What a customer buys.",
)
