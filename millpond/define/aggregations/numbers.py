"""Aggregations that are one number: counts, sums, moments, extremes, times since."""

from dataclasses import dataclass

from millpond.define.aggregations.base import Aggregation, Valued


@dataclass(frozen=True, eq=False)
class Count(Aggregation):
    """How many events; 0 where there are none."""

    kind = "count"


@dataclass(frozen=True, eq=False)
class SecondsSinceFirst(Aggregation):
    """Seconds from the window's first event to the instant read, as a double; null where there is none."""

    kind = "seconds_since_first"


@dataclass(frozen=True, eq=False)
class SecondsSinceLast(Aggregation):
    """Seconds from the window's last event to the instant read, as a double; null where there is none."""

    kind = "seconds_since_last"


@dataclass(frozen=True, eq=False)
class Sum(Valued):
    """The sum, exact for integers and decimals; 0 where there is nothing to sum."""

    kind = "sum"


@dataclass(frozen=True, eq=False)
class Mean(Valued):
    """The arithmetic mean as a double, rounded once from the exact sum; null where there is nothing."""

    kind = "mean"


@dataclass(frozen=True, eq=False)
class Min(Valued):
    """The smallest number, earliest timestamp or first text by its UTF-8 bytes; null where there is nothing."""

    kind = "min"


@dataclass(frozen=True, eq=False)
class Max(Valued):
    """The greatest number, latest timestamp or last text by its UTF-8 bytes; null where there is nothing."""

    kind = "max"


@dataclass(frozen=True, eq=False)
class Var(Valued):
    """The sample variance (n - 1) of integers or decimals as a double, rounded once; null of fewer than two."""

    kind = "var"


@dataclass(frozen=True, eq=False)
class Std(Valued):
    """The sample standard deviation, the root of Var, rounded once; null of fewer than two."""

    kind = "std"


@dataclass(frozen=True, eq=False)
class Skew(Valued):
    """The sample skewness G1, bias corrected, as pandas' `skew()`; null of fewer than three, or where all are equal."""

    kind = "skew"


@dataclass(frozen=True, eq=False)
class Kurtosis(Valued):
    """The sample excess kurtosis G2, bias corrected, as pandas' `kurt()`; null of fewer than four or of equal ones."""

    kind = "kurtosis"
