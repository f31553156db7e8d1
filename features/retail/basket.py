"""What is in a basket, for an hour after the till and for the day."""

from features.retail import sources
from millpond import Count, FeatureView, Max, Mean, Min, Sum, _

basket = FeatureView(
    "basket",
    version=1,
    owner="checkout",
    entity=sources.basket,
    source=sources.lines_sold,
    by={"basket_id": _.basket_id},
    windows=["1h"],
    features={
        "lines": Count(windows=["1h", "24h"]),
        "total": Sum(_.paid, windows=["1h", "24h"]),
        "units": Sum(_.quantity),
        "mean_line": Mean(_.paid, windows=["24h"]),
        "cheapest_line": Min(_.paid),
        "dearest_line": Max(_.paid, windows=["24h"]),
        "discounted_lines": Count(where=_.shelf_discount + _.coupon_discount > 0),
    },
    description="What is in a basket: its size, its value, its dearest and cheapest line.",
)
