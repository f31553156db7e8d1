"""A partial merged over many tiles at once: columns of records, exact."""

from collections.abc import Callable
from typing import Any, Final

import numpy.typing as npt

from millpond.algebra.partials import State, zero
from millpond.plan.aggregations import Partial, PartialFunction
from millpond.store.records import RecordLayout, Records, sum_wide, wide_integers

Column = npt.NDArray[Any]


def _sum(column: Column) -> int | float:
    # Python's integers never wrap, and over the few hundred tiles of a window `sum` is as fast as numpy's.
    numbers: list[int | float] = column.tolist()
    return sum(numbers)


_NARROW: Final[dict[PartialFunction, Callable[[Column], State]]] = {
    "count": _sum,
    "sum": _sum,
    "min": lambda column: column.min().item(),
    "max": lambda column: column.max().item(),
}
_WIDE: Final[dict[PartialFunction, Callable[[Column], State]]] = {
    "sum": sum_wide,
    "min": lambda column: min(wide_integers(column)),
    "max": lambda column: max(wide_integers(column)),
}


def merged(layout: RecordLayout, rows: Records, partial: Partial) -> State:
    """The partial's state over all rows; its zero where it is null in every one of them."""
    column = rows[partial.name]
    if partial.name in layout.nullable:
        column = column[~layout.is_null(rows, partial.name)]
    if not len(column):
        return zero(partial)
    return (_WIDE if layout.is_wide(partial.name) else _NARROW)[partial.function](column)
