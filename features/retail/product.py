"""How well a product sells, at what prices, and how much of it only because it was on offer."""

from features.retail import sources
from millpond import Count, FeatureView, Max, Mean, Min, Sum, _

product = FeatureView(
    "product",
    version=1,
    owner="assortment",
    entity=sources.product,
    source=sources.lines_sold,
    by={"product_id": _.product_id},
    windows=["24h", "30d"],
    features={
        "lines": Count(),
        "units": Sum(_.quantity),
        "most_at_once": Max(_.quantity, windows=["30d"]),
        "revenue": Sum(_.paid, windows=["30d"]),
        "mean_line": Mean(_.paid, windows=["30d"]),
        "lowest_paid": Min(_.paid, windows=["30d"]),
        "highest_paid": Max(_.paid, windows=["30d"]),
        "promoted_lines": Count(where=(_.shelf_discount > 0) | (_.coupon_discount > 0), windows=["30d"]),
        "multi_buys": Count(where=_.quantity.between(2, 6), windows=["30d"]),
    },
    description="How a product sells: yesterday's pace against the month's, its prices, and its share of offers.",
)
