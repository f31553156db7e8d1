"""What a benchmark gives: named figures, each the median of several runs with the least and the greatest of them."""

import math
from collections.abc import Callable, Sequence
from statistics import median
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from benchmarks.world import World


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """One figure.

    Attributes:
        median, least, most: of its runs.
        runs: how often it was measured.
        unit: such as `us`; empty for a ratio or a count.
    """

    median: float
    least: float
    most: float
    runs: int
    unit: str = ""

    def __str__(self) -> str:
        spread = f" ({spell(self.least)} to {spell(self.most)})" if self.runs > 1 else ""
        return f"{spell(self.median)}{self.unit and ' ' + self.unit}{spread}"


def spell(value: float) -> str:
    """A number for people: three digits or so."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:,.1f}" if abs(value) >= 10 else f"{value:,.2f}"


Figures = dict[str, Figure]


class Benchmark(msgspec.Struct, frozen=True, kw_only=True):
    """Something that is measured.

    Attributes:
        name: as it is asked for.
        what: is measured and how, in prose for the page.
        run: measures it.
        of_wheel: it is of the Reader, and measured with the compiled wheel.
        beside: makes what it is measured beside, and tells its versions and settings; None where it stands alone.
    """

    name: str
    what: str
    run: "Callable[[World], Figures]"
    of_wheel: bool = False
    beside: Callable[[], dict[str, str]] | None = None


def figure(values: Sequence[float], unit: str = "") -> Figure:
    """The figure of some runs, to six digits: more would say nothing."""
    least, middle, most = (float(f"{value:.6g}") for value in (min(values), median(values), max(values)))
    return Figure(median=middle, least=least, most=most, runs=len(values), unit=unit)


def percentile(values: Sequence[float], percent: float) -> float:
    """The smallest of the values that at least `percent` of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
