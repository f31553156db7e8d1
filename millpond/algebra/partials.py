"""One algebra for every place that computes a feature: zero, add and merge of partials, value of aggregations.

    zero                          the state of no events
    add(state, value)             one more value
    merge(state, state)           the state of both; associative and commutative for exact types
    value(states)                 the feature

A state is a plain int, float or None: exact numbers are held unscaled (9.99 as decimal(10,2) is 999), so sums are exact
whatever their length. `count` and `sum` of nothing are 0, `min` and `max` of nothing are None.
"""

import math
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from typing import Final

from millpond.plan.aggregations import Partial, PartialFunction
from millpond.plan.model import FeaturePlan
from millpond.plan.types import INT_MAX, INT_MIN, Type

State = int | float | None
Value = int | float | Decimal | None

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


# --- partials -------------------------------------------------------------------------------------------------------

_ZERO: Final[dict[PartialFunction, State]] = {"count": 0, "sum": 0, "min": None, "max": None}


def _plus(a: State, b: State) -> State:
    assert a is not None and b is not None
    return a + b


def _least(a: State, b: State) -> State:
    return b if a is None else a if b is None else min(a, b)


def _greatest(a: State, b: State) -> State:
    return b if a is None else a if b is None else max(a, b)


MERGE: Final[dict[PartialFunction, Callable[[State, State], State]]] = {
    "count": _plus,
    "sum": _plus,
    "min": _least,
    "max": _greatest,
}


def zero(partial: Partial) -> State:
    """The state of no events."""
    return _ZERO[partial.function]


def add(partial: Partial, state: State, value: float | Decimal | None) -> State:
    """The state after one more event for which `where` held.

    Args:
        value: of the partial's expression, null skipped; a plain count (without expression) is given 1.
    """
    if value is None:
        return state
    one = 1 if partial.function == "count" else unscaled(value, partial.type)
    return MERGE[partial.function](state, one)


def merge(partial: Partial, a: State, b: State) -> State:
    """The state of the events of both."""
    return MERGE[partial.function](a, b)


# --- aggregations ---------------------------------------------------------------------------------------------------


def _only(states: Sequence[State], _partials: Sequence[Partial]) -> State:
    return states[0]


def _mean(states: Sequence[State], partials: Sequence[Partial]) -> State:
    total, count = states
    assert total is not None and isinstance(count, int)
    if count == 0:
        return None
    # Division of two Python ints is correctly rounded (PEP 238), whatever their size.
    mean: float = total / (count * 10 ** partials[0].type.scale)
    return mean


_VALUE: Final[dict[str, Callable[[Sequence[State], Sequence[Partial]], State]]] = {
    "count": _only,
    "sum": _only,
    "mean": _mean,
    "min": _only,
    "max": _only,
}


def value(feature: FeaturePlan, partials: Sequence[Partial], states: Sequence[State]) -> tuple[Value, bool]:
    """A feature's value from the merged states of its partials, and whether it overflowed its type (then null).

    Args:
        partials: the feature's, in the order of its state.
        states: one each.
    """
    result = _VALUE[feature.aggregation](states, partials)
    if result is None:
        return None, False
    if isinstance(result, float) and not math.isfinite(result):
        return None, True
    if feature.type.kind == "int" and not INT_MIN <= result <= INT_MAX:
        return None, True
    return scaled(result, feature.type), False
