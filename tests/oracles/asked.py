"""What is asked of an oracle, and of which events: plain data, no computation; knows nothing of Millpond."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final, Literal, TypeAlias

Kind = Literal[
    "count",
    "count_values",
    "sum",
    "mean",
    "min",
    "max",
    "var",
    "std",
    "skew",
    "kurtosis",
    "first",
    "last",
    "first_k",
    "last_k",
    "arg_max",
    "arg_min",
    "count_distinct",
    "count_new",
    "top_k",
    "value_counts",
    "quantile",
    "seconds_since_first",
    "seconds_since_last",
]

Value: TypeAlias = bool | int | float | Decimal | str
"""One field: a timestamp is its ms since 1970, UTC."""

Fields: TypeAlias = tuple[Value | None, ...]
Answer: TypeAlias = Value | Fields | dict[Value, int] | None
"""A number, the fields of one event (first, last, arg_…), a list of values (…_k), or value -> count; None is null."""

Key: TypeAlias = tuple[Value, ...]

MEDIAN: Final = Fraction(1, 2)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One aggregation over one window.

    Args:
        kind: which aggregation.
        window_ms: the window's length; None for all there ever was.
        delay_ms: how far its head lies behind the instant read.
        step_ms: the tile size its ends are rounded to; 1 is exact.
        fields: the columns it is over; the first is `x`. Only first, last, arg_max and arg_min look at more.
        where: a boolean column; only events where it is true count. None: all do.
        by: the column that arg_max and arg_min order by.
        k: the length of first_k, last_k and top_k.
        p: of the quantile, from 0 to 1.
        keep_ms: how long count_new remembers a value.
    """

    kind: Kind
    window_ms: int | None
    delay_ms: int = 0
    step_ms: int = 1
    fields: tuple[str, ...] = ()
    where: str | None = None
    by: str | None = None
    k: int = 0
    p: Fraction = MEDIAN
    keep_ms: int = 0

    def __post_init__(self) -> None:
        assert self.kind != "count_new" or (self.delay_ms == 0 and self.window_ms), "new since when?"


@dataclass(frozen=True)
class Event:
    """One accepted event, copies removed.

    Args:
        key: of its entity.
        ts: its event time, ms.
        id: its event id; None where the source has none.
        values: column -> field.
    """

    key: Key
    ts: int
    id: str | None
    values: Mapping[str, Value | None]
