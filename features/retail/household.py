"""How much a household buys, what it spends, and how it hunts for bargains."""

from features.retail import sources
from millpond import LIFETIME, Count, FeatureView, Max, Mean, Sum, Window, _

household = FeatureView(
    "household",
    version=1,
    owner="shopper insight",
    entity=sources.household,
    source=sources.lines_sold,
    by={"household_id": _.household_id},
    windows=["24h", "30d"],
    features={
        "lines": Count(windows=["24h", "30d", "90d", LIFETIME]),
        "spend": Sum(_.paid, windows=["24h", "30d", "90d", LIFETIME, Window("30d", delay="30d")]),
        "mean_line": Mean(_.paid, windows=["30d"]),
        "dearest_line": Max(_.paid, windows=["90d"]),
        "coupon_lines": Count(where=_.coupon_discount > 0, windows=["30d", "90d"]),
        "saved": Sum(_.shelf_discount + _.coupon_discount, windows=["30d"]),
    },
    description="What a household buys: a day, a month and a season of it, the month before, and all there ever was.",
)
