"""Partials, and columns for packing them made of plain Python numbers and texts."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from hypothesis import strategies as st

from millpond.plan.expr import Field
from millpond.plan.partials import Partial, PartialFunction
from millpond.plan.types import Type
from millpond.store.records import Column, Texts

I64, I128 = st.integers(-(2**63), 2**63 - 1), st.integers(-(2**127), 2**127 - 1)
"""Numbers that fill their fields."""
MERGED: dict[PartialFunction, Callable[[list[Any]], Any]] = {
    "count": sum,
    "sum": sum,
    "min": lambda known: min(known, default=None),
    "max": lambda known: max(known, default=None),
}
"""What a partial of some values is, nulls left out."""
_LOW = 2**64 - 1


def columns(numbers: Mapping[str, Sequence[float | str | None]]) -> dict[str, Column | Texts]:
    """One column a name: None is null, integers may take up to 128 bits; texts are marks."""
    return {
        name: _texts(values) if name.endswith(("_least", "_greatest")) else _column(values)
        for name, values in numbers.items()
    }


def partial(name: str, function: PartialFunction, type: Type) -> Partial:
    """A partial over a field of its type."""
    return Partial(name=name, function=function, value=Field("x", type), where=None, type=type)


def _texts(values: Sequence[Any]) -> Texts:
    return Texts([None if value is None else value.encode() for value in values])


def _column(values: Sequence[Any]) -> Column:
    nulls = np.array([value is None for value in values], np.bool_)
    held = [0 if value is None else value for value in values]
    if any(isinstance(value, float) for value in held):
        return Column(np.array(held, np.float64), nulls)
    whole = [int(value) for value in held]
    low = np.array([value & _LOW for value in whole], np.uint64).view(np.int64)
    return Column(low, nulls, np.array([value >> 64 for value in whole], np.int64))
