"""Columns for packing, made of plain Python numbers."""

from collections.abc import Mapping, Sequence

import numpy as np

from millpond.store.records import Column

_LOW = 2**64 - 1


def columns(numbers: Mapping[str, Sequence[float | None]]) -> dict[str, Column]:
    """One column a name: None is null, integers may take up to 128 bits."""
    return {name: _column(values) for name, values in numbers.items()}


def _column(values: Sequence[float | None]) -> Column:
    nulls = np.array([value is None for value in values], np.bool_)
    held = [0 if value is None else value for value in values]
    if any(isinstance(value, float) for value in held):
        return Column(np.array(held, np.float64), nulls)
    whole = [int(value) for value in held]
    low = np.array([value & _LOW for value in whole], np.uint64).view(np.int64)
    return Column(low, nulls, np.array([value >> 64 for value in whole], np.int64))
