"""What every retail feature is over any chosen lines of its window, by hand in plain Python; knows nothing of Millpond.

A feature's ingredients are accumulators that only grow (a count, a sum in whole cents) or move one way (min, max), so
that whoever knows only which lines *may* be counted can ask whether a value is one of those that are possible.
"""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000

# Number, sold at (ms), household, store, basket, product, quantity; cents paid, shelf and coupon discount.
Line = tuple[int, int, int, int, str, str, int, int, int, int]
Key = tuple[int | str, ...]
Answer = int | float | str | None
"""A value as JSON has it: a decimal is text, to the last digit."""

Column = Callable[[Line], int | None]
"""What a line brings in: an integer, or None where it is not counted."""

KEY_OF: dict[str, Callable[[Line], Key]] = {
    "household": lambda line: (line[2],),
    "household_store": lambda line: (line[2], line[3]),
    "store": lambda line: (line[3],),
    "product": lambda line: (line[5],),
    "basket": lambda line: (line[4],),
}


@dataclass(frozen=True)
class Accumulator:
    """One ingredient: how what lines bring in is put together."""

    how: Literal["add", "min", "max"]
    column: str


def plus(how: str, a: int | None, b: int | None) -> int | None:
    """Both together; None is none at all."""
    if a is None or b is None:
        return b if a is None else a
    return a + b if how == "add" else min(a, b) if how == "min" else max(a, b)


@dataclass(frozen=True)
class Span:
    """Where a window lies: its length (None: all there ever was), its delay, and the tile it is answered from, ms."""

    length: int | None
    delay: int
    tile: int

    def bounds(self, q: int) -> tuple[int, int]:
        """From and to before which instant a line must have been sold, read at q."""
        lo = 0 if self.length is None else (q - self.delay - self.length + 1) // self.tile * self.tile
        return lo, q + 1 if self.delay == 0 else (q - self.delay + 1) // self.tile * self.tile


@dataclass(frozen=True)
class Feature:
    """One feature: its ingredients, and how its value is spelled from them."""

    span: Span
    parts: tuple[Accumulator, ...]
    spell: Callable[..., Answer]


COLUMNS: dict[str, Column] = {
    "line": lambda line: 1,
    "quantity": lambda line: line[6],
    "paid": lambda line: line[7],
    "positive_paid": lambda line: line[7] if line[7] > 0 else None,
    "saved": lambda line: line[8] + line[9],
    "with_coupon": lambda line: 1 if line[9] > 0 else None,
    "big": lambda line: 1 if line[7] >= 2000 else None,
    "free": lambda line: 1 if line[7] == 0 else None,
    "promoted": lambda line: 1 if line[8] > 0 or line[9] > 0 else None,
    "two_to_six": lambda line: 1 if 2 <= line[6] <= 6 else None,
    "discounted": lambda line: 1 if line[8] + line[9] > 0 else None,
}


def _number(value: int | None) -> Answer:
    return value or 0


def _money(cents: int | None) -> Answer:
    return str(Decimal(cents or 0).scaleb(-2))


def _money_or_none(cents: int | None) -> Answer:
    return None if cents is None else _money(cents)


def _or_none(value: int | None) -> Answer:
    return value


def _mean(cents: int | None, count: int | None) -> Answer:
    return float(Fraction(cents or 0) / (100 * count)) if count else None


def counted(span: Span, column: str = "line") -> Feature:
    return Feature(span, (Accumulator("add", column),), _number)


def summed(span: Span, column: str = "paid") -> Feature:
    return Feature(span, (Accumulator("add", column),), _number if column == "quantity" else _money)


def _mean_paid(span: Span) -> Feature:
    return Feature(span, (Accumulator("add", "paid"), Accumulator("add", "line")), _mean)


def extreme(span: Span, how: Literal["min", "max"], column: str = "paid") -> Feature:
    return Feature(span, (Accumulator(how, column),), _or_none if column == "quantity" else _money_or_none)


def _span(length: int | None, tile: int, delay: int = 0) -> Span:
    return Span(length, delay, tile)


_H24, _H30, _H90, _EVER = _span(DAY, HOUR), _span(30 * DAY, DAY), _span(90 * DAY, DAY), _span(None, DAY)
_W7, _W90 = _span(7 * DAY, 6 * HOUR), _span(90 * DAY, 6 * HOUR)
_S1, _S24, _S7 = _span(HOUR, MINUTE), _span(DAY, HOUR), _span(7 * DAY, HOUR)

FEATURES: dict[str, dict[str, Feature]] = {
    "household": {
        "lines_24h": counted(_H24),
        "lines_30d": counted(_H30),
        "lines_90d": counted(_H90),
        "lines_lifetime": counted(_EVER),
        "spend_24h": summed(_H24),
        "spend_30d": summed(_H30),
        "spend_90d": summed(_H90),
        "spend_lifetime": summed(_EVER),
        "spend_30d_delayed_30d": summed(_span(30 * DAY, DAY, 30 * DAY)),
        "mean_line_30d": _mean_paid(_H30),
        "dearest_line_90d": extreme(_H90, "max"),
        "coupon_lines_30d": counted(_H30, "with_coupon"),
        "coupon_lines_90d": counted(_H90, "with_coupon"),
        "saved_30d": summed(_H30, "saved"),
    },
    "household_store": {
        "lines_7d": counted(_W7),
        "lines_90d": counted(_W90),
        "lines_lifetime": counted(_EVER),
        "spend_7d": summed(_W7),
        "spend_90d": summed(_W90),
        "mean_line_90d": _mean_paid(_W90),
        "dearest_line_90d": extreme(_W90, "max"),
        "big_lines_90d": counted(_W90, "big"),
    },
    "store": {
        "lines_1h": counted(_S1),
        "lines_24h": counted(_S24),
        "lines_7d": counted(_S7),
        "revenue_1h": summed(_S1),
        "revenue_24h": summed(_S24),
        "revenue_7d": summed(_S7),
        "revenue_7d_delayed_7d": summed(_span(7 * DAY, HOUR, 7 * DAY)),
        "mean_line_1h": _mean_paid(_S1),
        "mean_line_7d": _mean_paid(_S7),
        "cheapest_line_24h": extreme(_S24, "min", "positive_paid"),
        "dearest_line_24h": extreme(_S24, "max"),
        "free_lines_7d": counted(_S7, "free"),
    },
    "product": {
        "lines_24h": counted(_S24),
        "lines_30d": counted(_H30),
        "units_24h": summed(_S24, "quantity"),
        "units_30d": summed(_H30, "quantity"),
        "most_at_once_30d": extreme(_H30, "max", "quantity"),
        "revenue_30d": summed(_H30),
        "mean_line_30d": _mean_paid(_H30),
        "lowest_paid_30d": extreme(_H30, "min"),
        "highest_paid_30d": extreme(_H30, "max"),
        "promoted_lines_30d": counted(_H30, "promoted"),
        "multi_buys_30d": counted(_H30, "two_to_six"),
    },
    "basket": {
        "lines_1h": counted(_S1),
        "lines_24h": counted(_S24),
        "total_1h": summed(_S1),
        "total_24h": summed(_S24),
        "units_1h": summed(_S1, "quantity"),
        "mean_line_24h": _mean_paid(_S24),
        "cheapest_line_1h": extreme(_S1, "min"),
        "dearest_line_24h": extreme(_S24, "max"),
        "discounted_lines_1h": counted(_S1, "discounted"),
    },
}
