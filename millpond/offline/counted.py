"""Which events a tile had counted: found from what it said of them, among those that its topic holds now.

    in the topic by arrival   a b c d e f g h          of the tile, within its first and last
    the tile said             n = 5, first, last, and a digest of the states that they came to

Later ones came in after it was read, or were not counted yet: in the order of arrival the first n are tried, then such
as trade places around the last of them, then the first of each partition. Only what gives the very states that the
tile told is an answer; where nothing does, that is said, and none is made up.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, combinations, islice
from math import fsum, isfinite, isinf
from operator import attrgetter
from typing import Any, Final, Literal

from millpond.algebra.contribution import contribution
from millpond.algebra.partials import State, add, zero
from millpond.offline.arrived import Arrived
from millpond.plan.partials import Partial
from millpond.serve.receipts import TileSaid, digest_of, is_rounded, text_of

Why = Literal["", "missing", "unlike", "undetermined"]
# From good to bad.
#                 the events are known
#   missing       the topic holds fewer of the tile than it had counted
#   unlike        it holds as many, and they give something else
#   undetermined  it holds more, and none of the choices that were tried gives what the tile said
UNKNOWN: Final[tuple[Literal["undetermined", "unlike", "missing"], ...]] = ("undetermined", "unlike", "missing")
"""Why events are not known, the worst last."""

_NEAR: Final = 8  # events before and behind the last one by arrival that may have traded places
_SWAPS: Final = 2
_TRIES: Final = 500  # of the first ones of each partition
_HALF_ULP: Final = 2.0**-53


@dataclass(frozen=True, slots=True)
class Counted:
    """The events that a tile had counted.

    Attributes:
        events: by arrival; none where they are not known.
        why: they are not.
        others: how many more of the tile the topic holds.
        is_only: no other choice that was tried gives the same; where there is one, the value is the same.
    """

    events: Sequence[Arrived]
    why: Why = ""
    others: int = 0
    is_only: bool = True


@dataclass(frozen=True, slots=True)
class Says:
    """What was told of a tile's events: the digest of some partials' states, and their sums of doubles."""

    partials: tuple[Partial, ...]
    digest: str
    doubles: tuple[float, ...]


class Ones:
    """What each event gives to partials, worked out once."""

    def __init__(self, partials: Sequence[Partial]) -> None:
        self.partials = tuple(partials)
        self._of = [contribution(partial) for partial in self.partials]
        self._known: dict[Arrived, list[Any]] = {}

    def of(self, event: Arrived) -> list[Any]:
        """One a partial; None where it gives nothing."""
        if event not in self._known:
            self._known[event] = [of(event.event) for of in self._of]
        return self._known[event]

    def states(self, events: Sequence[Arrived], begin: Sequence[State] | None = None) -> list[State]:
        """What events of a tile come to, from some states on."""
        states = [zero(partial) for partial in self.partials] if begin is None else list(begin)
        for event in events:
            for at, (partial, one) in enumerate(zip(self.partials, self.of(event), strict=True)):
                states[at] = add(partial, states[at], one, event.ts)
        return states


def gives(told: Says, ones: Ones, events: Sequence[Arrived], states: Sequence[State]) -> bool:
    """Whether states, of these events, are those that were told."""
    exact = [_held(p, state) for p, state in zip(told.partials, states, strict=True) if not is_rounded(p)]
    if digest_of([text_of(state) for state in exact]) != told.digest:
        return False
    at = [place for place, partial in enumerate(told.partials) if is_rounded(partial)]
    return all(
        is_sum_of(total, [one for event in events if (one := ones.of(event)[place]) is not None])
        for place, total in zip(at, told.doubles, strict=True)
    )


def _held(partial: Partial, state: State) -> State:
    """As a record holds it."""
    is_double = partial.type.kind == "double" and partial.function in ("min", "max")
    return float(state) if is_double and isinstance(state, int | float) else state


def is_sum_of(total: float, numbers: Sequence[float]) -> bool:
    """Whether doubles may come to a total, added in whichever order (Higham 2002, 4.2: n u sum|x| / (1 - n u))."""
    slack = len(numbers) * _HALF_ULP
    if not isfinite(total):  # on the way there it was beyond the doubles, as another order might not be
        return any(map(isinf, accumulate(map(abs, numbers))))
    return abs(total - fsum(numbers)) <= slack / (1 - slack) * fsum(map(abs, numbers)) * (1 + 4 * _HALF_ULP)


def counted(said: TileSaid, size: int, candidates: Sequence[Arrived], told: Sequence[tuple[Says, Ones]]) -> Counted:
    """The events that a tile had counted.

    Args:
        size: of the tile, ms.
        candidates: the tile's events that its topic holds.
        told: what is told of them.
    """
    first, last = said.tile * size + said.first, said.tile * size + said.last
    some = sorted((one for one in candidates if first <= one.ts <= last), key=attrgetter("place"))
    others = len(some) - said.n
    if others < 0:
        return Counted((), "missing")
    is_it = _judge(first, last, told)
    if not others:
        return Counted(some) if is_it(some, ()) else Counted((), "unlike")
    found: Counted | None = None
    for core, rest, swaps in _near(some, said.n):
        if found is not None and swaps > 1:
            break
        if is_it(core, rest):
            if found is not None:
                return Counted(found.events, others=others, is_only=False)
            found = Counted([*core, *rest], others=others)
    if found is not None:
        return found
    for chosen in _first_of_each(some, said.n):
        if is_it((), chosen):
            return Counted(sorted(chosen, key=attrgetter("place")), others=others, is_only=False)
    return Counted((), "undetermined", others)


def _judge(
    first: int, last: int, told: Sequence[tuple[Says, Ones]]
) -> Callable[[Sequence[Arrived], Sequence[Arrived]], bool]:
    """What tells whether a core of events and some more give what the tile said; a core's states are kept."""
    known: dict[int, tuple[Sequence[Arrived], list[list[State]]]] = {}

    def is_it(core: Sequence[Arrived], rest: Sequence[Arrived]) -> bool:
        events = [*core, *rest]
        times = [event.ts for event in events]
        if min(times) != first or max(times) != last:
            return False
        if id(core) not in known:
            known[id(core)] = (core, [ones.states(core) for _, ones in told])
        _, begun = known[id(core)]
        return all(
            gives(one, ones, events, ones.states(rest, states)) for (one, ones), states in zip(told, begun, strict=True)
        )

    return is_it


def _near(some: Sequence[Arrived], n: int) -> Iterator[tuple[Sequence[Arrived], Sequence[Arrived], int]]:
    """The first n, then with some of the last among them traded for some behind them: fewest trades first."""
    core = some[: max(0, n - _NEAR)]
    inside, behind = some[len(core) : n], some[n : n + _NEAR]
    for swaps in range(min(_SWAPS, len(inside), len(behind)) + 1):
        for out in combinations(reversed(inside), swaps):
            for into in combinations(behind, swaps):
                yield core, [*(one for one in inside if one not in out), *into], swaps


def _first_of_each(some: Sequence[Arrived], n: int) -> Iterator[Sequence[Arrived]]:
    """n of them, of each partition the first ones: a partition may be read far ahead of another."""
    partitions: dict[int, list[Arrived]] = {}
    for one in some:
        partitions.setdefault(one.place.partition, []).append(one)
    for of in partitions.values():
        of.sort(key=lambda one: one.place.offset)
    for counts in islice(_shares([len(of) for of in partitions.values()], n), _TRIES):
        yield [one for of, count in zip(partitions.values(), counts, strict=True) for one in of[:count]]


def _shares(most: Sequence[int], n: int) -> Iterator[tuple[int, ...]]:
    """The ways to take n altogether, of each at most so many."""
    if len(most) == 1:
        if n <= most[0]:
            yield (n,)
        return
    rest = sum(most[1:])
    for count in range(min(most[0], n), max(0, n - rest) - 1, -1):
        for others in _shares(most[1:], n - count):
            yield (count, *others)
