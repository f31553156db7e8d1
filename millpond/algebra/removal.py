"""The opposite of add: the state of a tile without one of its events, wherever the state alone tells it.

    remove(add(state, value), value) = state, or NOT_POSSIBLE

Where it is not possible, the tile is computed from its other events: where an extreme is taken away, where a mark may
have given way to the one that is, or where a sum of doubles would no longer be what it was.
"""

from bisect import bisect_left
from collections.abc import Callable
from decimal import Decimal
from enum import Enum
from typing import Any, Final, TypeAlias

from millpond.algebra.partials import State, one_of
from millpond.algebra.tallies import Tally, entry_of, mark_of, numbers_of
from millpond.plan.partials import Partial, PartialFunction
from millpond.plan.types import DOUBLE


class Impossible(Enum):
    """The state alone does not tell."""

    NOT_POSSIBLE = 0


NOT_POSSIBLE: Final = Impossible.NOT_POSSIBLE
_Removal: TypeAlias = Callable[[Partial, Any, Any, int], State | Impossible]


def remove(partial: Partial, state: State, value: float | Decimal | str | None, ts: int) -> State | Impossible:
    """The state of a tile without one of its events, for which `where` held.

    Args:
        value, ts: what `add` was given of the event.
    """
    if value is None:
        return state
    if partial.function == "tally":
        return _REMOVE["tally"](partial, state, value, ts)
    return _REMOVE[partial.function](partial, state, one_of(partial, value), ts)


def _minus(partial: Partial, state: Any, one: Any, _ts: int) -> State | Impossible:
    if partial.type == DOUBLE:
        return NOT_POSSIBLE
    rest: int = state - one
    return rest


def _unless_it_is_the_extreme(_partial: Partial, state: Any, one: Any, _ts: int) -> State | Impossible:
    found: State = state
    return NOT_POSSIBLE if one == state else found


def _from_some(partial: Partial, state: Any, one: Any, _ts: int) -> State | Impossible:
    (gone,) = one
    if len(state) == partial.most:
        return NOT_POSSIBLE if gone in state else tuple(state)
    at = state.index(gone)
    return state[:at] + state[at + 1 :] or None


def _from_tally(_partial: Partial, state: Any, mark: Any, ts: int) -> State | Impossible:
    if state.is_capped:
        return NOT_POSSIBLE
    entries = state.entries
    at = bisect_left(entries, mark, key=mark_of)
    n, first, last = numbers_of(entries[at])
    if n > 1 and ts in (first, last):
        return NOT_POSSIBLE
    left = (entry_of(mark, n - 1, first, last),) if n > 1 else ()
    entries = (*entries[:at], *left, *entries[at + 1 :])
    return Tally(entries) if entries else None


_REMOVE: Final[dict[PartialFunction, _Removal]] = {
    "count": _minus,
    "sum": _minus,
    "min": _unless_it_is_the_extreme,
    "max": _unless_it_is_the_extreme,
    "least": _unless_it_is_the_extreme,
    "greatest": _unless_it_is_the_extreme,
    "firsts": _from_some,
    "lasts": _from_some,
    "tally": _from_tally,
}
REMOVABLE: Final = frozenset(_REMOVE)
