"""One algebra for every place that computes a feature: zero, add and merge of partials, value of aggregations.

    zero                          the state of no events
    add(state, value)             one more value
    merge(state, state)           the state of both; associative and commutative for exact types
    value(states)                 the feature

A state is a plain int, float, text or None: exact numbers are held unscaled (9.99 as decimal(10,2) is 999), so sums are
exact whatever their length; a mark is a text (see marks.py). `count` and `sum` of nothing are 0, the others None.
"""

from collections.abc import Callable
from decimal import Context, Decimal
from typing import Any, Final

from millpond.plan.partials import LIMB, Partial, PartialFunction
from millpond.plan.types import Type

State = int | float | str | None

_WIDE: Final = Context(prec=100)  # wider than any exact number here: never rounds


def unscaled(value: float | Decimal, type: Type) -> int | float:
    """A value as a state holds it: decimal(10,2) 9.99 is 999, everything else is itself."""
    if type.kind == "decimal":
        return int(_WIDE.scaleb(Decimal(value), type.scale))
    assert not isinstance(value, Decimal)
    return value


def scaled(state: float, type: Type) -> int | float | Decimal:
    """The opposite of `unscaled`; an empty sum of doubles is held as 0 and is 0.0."""
    if type.kind == "decimal":
        return _WIDE.scaleb(Decimal(state), -type.scale)
    return float(state) if type.kind == "double" else state


_ZERO: Final[dict[PartialFunction, State]] = {
    "count": 0,
    "sum": 0,
    "min": None,
    "max": None,
    "least": None,
    "greatest": None,
}


def _plus(a: Any, b: Any) -> State:
    total: int | float = a + b
    return total


def _least(a: Any, b: Any) -> State:
    least: State = b if a is None else a if b is None else min(a, b)
    return least


def _greatest(a: Any, b: Any) -> State:
    greatest: State = b if a is None else a if b is None else max(a, b)
    return greatest


MERGE: Final[dict[PartialFunction, Callable[[State, State], State]]] = {
    "count": _plus,
    "sum": _plus,
    "min": _least,
    "max": _greatest,
    "least": _least,
    "greatest": _greatest,
}


def zero(partial: Partial) -> State:
    """The state of no events."""
    return _ZERO[partial.function]


def add(partial: Partial, state: State, value: float | Decimal | str | None) -> State:
    """The state after one more event for which `where` held.

    Args:
        value: of the partial's expression, or its mark, null skipped; a plain count (without expression) is given 1.
    """
    if value is None:
        return state
    return MERGE[partial.function](state, _one(partial, value))


def _one(partial: Partial, value: float | Decimal | str) -> State:
    """The state of one event."""
    if partial.function == "count":
        return 1
    if isinstance(value, str):
        return value
    assert partial.value is not None, "it is over an expression"
    if partial.power == 1:
        return unscaled(value, partial.type)
    return limb(int(unscaled(value, partial.value.type)) ** partial.power, partial.limb)


def limb(whole: int, place: int) -> int:
    """A limb of a whole number, with its sign."""
    size: int = abs(whole) // LIMB**place % LIMB
    return size if whole >= 0 else -size


def merge(partial: Partial, a: State, b: State) -> State:
    """The state of the events of both."""
    return MERGE[partial.function](a, b)
