"""The pool of the differential run: every aggregation over the retail lines, and what the oracle is asked of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import msgspec

from millpond.define.compiler import compile_pool
from millpond.plan.model import Pool, ViewPlan
from millpond.plan.windows import DAY, HOUR
from tests.integration.deployed import all_of
from tests.oracles.asked import Asked, Kind

TOPIC: Final = "retail.line.sold.v1"
SCHEMA: Final = f"schemas/{TOPIC}.avsc"
Windows = Mapping[str, tuple[int | None, int]]
"""By label: length and delay, ms."""

WINDOWS: Final[Windows] = {
    "24h": (DAY, 0),
    "30d": (30 * DAY, 0),
    "30d_delayed_7d": (30 * DAY, 7 * DAY),
    "lifetime": (None, 0),
}
NEW: Final[Windows] = {"7d": (7 * DAY, 0)}
VIEWS: Final = {
    "household": "household_id",
    "household_exactly": "household_id",
    "store": "store_id",
    "product": "product_id",
}
"""By name, the key column."""


@dataclass(frozen=True)
class Cell:
    """An aggregation, as it is written and as the oracle is asked."""

    name: str
    written: str
    asked: Asked
    is_new: bool = False

    def windows(self) -> Windows:
        """Its windows by label: length and delay, ms."""
        return NEW if self.is_new else WINDOWS

    def over(self, window: str, step_ms: int) -> Asked:
        """What the oracle is asked of one of its features."""
        size, delay = self.windows()[window]
        return replace(self.asked, window_ms=size, delay_ms=delay, step_ms=step_ms)


def _cell(name: str, written: str, kind: Kind, *fields: str, **asked: Any) -> Cell:
    is_new = kind == "count_new"
    return Cell(name, written, Asked(kind=kind, window_ms=HOUR, fields=fields, **asked), is_new)


COUPON: Final = "with_coupon"
CELLS: Final = (
    _cell("lines", "Count()", "count"),
    _cell("coupons", "Count(where=_.coupon_discount > 0)", "count", where=COUPON),
    _cell("spend", "Sum(_.paid)", "sum", "paid"),
    _cell("units", "Sum(_.quantity)", "sum", "quantity"),
    _cell("mean", "Mean(_.paid)", "mean", "paid"),
    _cell("cheapest", "Min(_.paid)", "min", "paid"),
    _cell("dearest", "Max(_.paid, where=_.coupon_discount > 0)", "max", "paid", where=COUPON),
    _cell("last_article", "Max(_.product_id)", "max", "product_id"),
    _cell("spread", "Var(_.paid)", "var", "paid"),
    _cell("deviation", "Std(_.paid)", "std", "paid"),
    _cell("lean", "Skew(_.paid)", "skew", "paid"),
    _cell("tails", "Kurtosis(_.quantity)", "kurtosis", "quantity"),
    _cell("opened", "First(_.product_id)", "first", "product_id"),
    _cell("closed", "Last(_.basket_id)", "last", "basket_id"),
    _cell("at_the_least", "ArgMin(_.product_id, by=_.paid)", "arg_min", "product_id", by="paid"),
    _cell("at_the_most", "ArgMax(_.product_id, by=_.paid)", "arg_max", "product_id", by="paid"),
    _cell("early", "FirstK(_.paid, k=3)", "first_k", "paid", k=3),
    _cell("late", "LastK(_.basket_id, k=5)", "last_k", "basket_id", k=5),
    _cell("articles", "CountDistinct(_.product_id, cap=5000)", "count_distinct", "product_id"),
    _cell("households", "CountDistinct(_.household_id, cap=5000)", "count_distinct", "household_id"),
    _cell(
        "new",
        'CountNew(_.product_id, cap=5000, keep="60d", windows=["7d"])',
        "count_new",
        "product_id",
        keep_ms=60 * DAY,
    ),
    _cell("often", "TopK(_.product_id, cap=5000, k=3)", "top_k", "product_id", k=3),
    _cell("pieces", "ValueCounts(_.quantity)", "value_counts", "quantity"),
    _cell("high", 'Quantile(_.paid, p="0.9")', "quantile", "paid", p=Fraction(9, 10)),
    _cell("middle", "Median(_.paid)", "quantile", "paid"),
    _cell("since_first", "SecondsSinceFirst()", "seconds_since_first"),
    _cell("since_last", "SecondsSinceLast()", "seconds_since_last"),
)


def asked_of(view: ViewPlan) -> Iterator[tuple[str, Asked]]:
    """Every feature of a view, and what the oracle is asked of it."""
    for cell in CELLS:
        for window in cell.windows():
            feature = view.feature(f"{cell.name}_{window}")
            yield feature.name, cell.over(window, 1 if view.is_exact else feature.level_ms)


def pool(root: Path, project: Path) -> Pool:
    """The pool, compiled in a folder, with a set of all features for each view.

    Args:
        project: where the lines' schema is.
    """
    (root / "schemas").mkdir()
    (root / SCHEMA).write_text((project / SCHEMA).read_text())
    folder = root / "features" / "everything"
    folder.mkdir(parents=True)
    (root / "millpond.toml").touch()
    (folder / "sources.py").write_text(_SOURCES)
    features = "".join(f'        "{cell.name}": {cell.written},\n' for cell in CELLS)
    for view, key in VIEWS.items():
        precision = "exact" if view.endswith("exactly") else "5%"
        entity = key.removesuffix("_id")
        text = _VIEW.format(view=view, entity=entity, key=key, features=features, precision=precision)
        (folder / f"{view}.py").write_text(text)
    made = compile_pool(root)
    return msgspec.structs.replace(made, sets=tuple(map(all_of, made.views)))


_SOURCES: Final = f"""
from millpond import Entity, EventSource

household = Entity("household", keys=["household_id"])
store = Entity("store", keys=["store_id"])
product = Entity("product", keys=["product_id"])
lines = EventSource(
    "lines", topic="{TOPIC}", schema="{SCHEMA}", event_time="sold_at", event_id="event_id", lateness="1d",
    owner="tests", full_history=True,
)
"""
_VIEW: Final = """
from features.everything import sources
from millpond import *
from millpond import _

{view} = FeatureView(
    "{view}", version=1, owner="tests", entity=sources.{entity}, source=sources.lines, by={{"{key}": _.{key}}},
    windows=["24h", "30d", Window("30d", delay="7d"), LIFETIME],
    features={{
{features}    }},
    precision="{precision}",
    cap=1000,
)
"""
