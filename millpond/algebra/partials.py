"""One algebra for every place that computes a feature: zero, add and merge of partials, value of aggregations.

    zero                          the state of no events
    add(state, one)               one more event
    merge(state, state)           the state of both; associative and commutative for exact types
    value(states)                 the feature

A state is a plain int, float, text or None: exact numbers are held unscaled (9.99 as decimal(10,2) is 999), so sums are
exact whatever their length; a mark is a text (see marks.py), several are a tuple of them or a Tally (see tallies.py).
`count` and `sum` of nothing are 0, the others None. A tally tells its tiles apart; `add` is to that of one tile.
"""

import heapq
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from typing import Any, Final, TypeAlias

from millpond.algebra.tallies import Met, Tally, counted, some_of, tally_of, together
from millpond.plan.partials import LIMB, Partial, PartialFunction
from millpond.plan.types import Type

State = int | float | str | tuple[str, ...] | Tally | Met | None
One: TypeAlias = int | float | str
"""What an event gives: to a count 1, to a sum what is added to it, to a min or max the number as states hold it, else
its mark."""

_WIDE: Final = Context(prec=100)  # wider than any exact number here: never rounds


def unscaled(value: int | float | Decimal, type: Type) -> int | float:
    """A value as a state holds it: decimal(10,2) 9.99 is 999, everything else is itself."""
    if type.kind == "decimal":
        return int(_WIDE.scaleb(Decimal(value), type.scale))
    assert not isinstance(value, Decimal)
    return value


def scaled(state: int | float, type: Type) -> int | float | Decimal:
    """The opposite of `unscaled`; an empty sum of doubles is held as 0 and is 0.0.

    A double that is zero has no sign: the least of 0.0 and -0.0 is whichever came first, and marks know but one.
    """
    if type.kind == "decimal":
        return _WIDE.scaleb(Decimal(state), -type.scale)
    return state + 0.0 if type.kind == "double" else state


_ZERO: Final[dict[PartialFunction, State]] = {
    "count": 0,
    "sum": 0,
    "min": None,
    "max": None,
    "least": None,
    "greatest": None,
    "firsts": None,
    "lasts": None,
    "tally": None,
}


def _plus(a: Any, b: Any, _partial: Partial) -> State:
    total: int | float = a + b
    return total


def _of_some(merge: Callable[[Any, Any, Partial], Any]) -> "_Merge":
    """None is no event."""
    return lambda a, b, partial: b if a is None else a if b is None else merge(a, b, partial)


_Merge = Callable[[Any, Any, Partial], State]
_least: Final = _of_some(lambda a, b, _partial: min(a, b))
_greatest: Final = _of_some(lambda a, b, _partial: max(a, b))

MERGE: Final[dict[PartialFunction, _Merge]] = {
    "count": _plus,
    "sum": _plus,
    "min": _least,
    "max": _greatest,
    "least": _least,
    "greatest": _greatest,
    "firsts": _of_some(lambda a, b, partial: tuple(heapq.nsmallest(partial.most, (*a, *b)))),
    "lasts": _of_some(lambda a, b, partial: tuple(heapq.nlargest(partial.most, (*a, *b)))),
    "tally": _of_some(lambda a, b, _partial: together((a, b))),
}


def zero(partial: Partial) -> State:
    """The state of no events."""
    return _ZERO[partial.function]


def add(partial: Partial, state: State, one: One | None, ts: int) -> State:
    """The state of a tile after one more event of it.

    Args:
        one: what the event gives, see `algebra.contribution`.
        ts: of the event, ms.
    """
    if one is None:
        return state
    if partial.function == "tally":
        assert isinstance(state, Tally | None), "it is a tally's"
        return counted(state or Tally(()), str(one), ts, partial.most)
    return MERGE[partial.function](state, of_one(partial, one), partial)


def of_one(partial: Partial, one: One) -> State:
    """The state of one event, of any partial but a tally."""
    return (str(one),) if partial.most else one


def limb(whole: int, place: int) -> int:
    """A limb of a whole number, with its sign."""
    size: int = abs(whole) // LIMB**place % LIMB
    return size if whole >= 0 else -size


def merge(partial: Partial, a: State, b: State) -> State:
    """The state of the events of both."""
    return MERGE[partial.function](a, b, partial)


def state_of(partial: Partial, texts: Sequence[bytes]) -> State:
    """The state that the texts of tiles come to, of a partial over marks; all are put together before any is parsed.

    Args:
        texts: UTF-8, whose order is that of the marks.
    """
    return _OF_TEXTS[partial.function](texts, partial.most) if texts else zero(partial)


_OF_TEXTS: Final[dict[PartialFunction, Callable[[Sequence[bytes], int], State]]] = {
    "least": lambda texts, _most: str(min(texts), "utf-8"),
    "greatest": lambda texts, _most: str(max(texts), "utf-8"),
    "firsts": lambda texts, most: tuple(sorted(some_of(texts))[:most]),
    "lasts": lambda texts, most: tuple(sorted(some_of(texts), reverse=True)[:most]),
    "tally": lambda texts, _most: tally_of(texts),
}
