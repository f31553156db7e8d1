"""How a household shops at one particular store: is it the usual one, and how well does it do there?"""

from features.retail import sources
from millpond import LIFETIME, Count, FeatureView, Max, Mean, Sum, _

household_store = FeatureView(
    "household_store",
    version=1,
    owner="shopper insight",
    entity=sources.household_store,
    source=sources.lines_sold,
    by={"household_id": _.household_id, "store_id": _.store_id},
    windows=["7d", "90d"],
    features={
        "lines": Count(windows=["7d", "90d", LIFETIME]),
        "spend": Sum(_.paid),
        "mean_line": Mean(_.paid, windows=["90d"]),
        "dearest_line": Max(_.paid, windows=["90d"]),
        "big_lines": Count(where=_.paid >= 20, windows=["90d"]),
    },
    description="What a household buys at one store: this week, this season, and since it first came.",
)
