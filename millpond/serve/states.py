"""The state of a partial over what a window holds: whole tiles from their records, those that are cut from events.

Of a tile that is cut, counts and sums take the few events that do not count out of what its record says, or add the few
that do. What is told by the time of events is found from the end that it is asked of, without a look at the others.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, islice
from typing import Any, Final, TypeAlias

from millpond.algebra.marks import number_of
from millpond.algebra.partials import One, State, merge
from millpond.algebra.tallies import (
    Met,
    Tally,
    instant,
    last_of,
    mark_of,
    met_in,
    some_of,
    tally_of_marks,
    together,
    without,
)
from millpond.plan.model import FeaturePlan
from millpond.plan.partials import MARKED, Partial
from millpond.plan.types import DOUBLE, TIMESTAMP
from millpond.serve.cut import Chosen, Cut
from millpond.serve.gives import Gives, gives
from millpond.serve.rows import Merger, Some, Tiles, merger
from millpond.serve.tile_events import KeptEvent
from millpond.store.records import RecordLayout

StateOf: TypeAlias = Callable[[Tiles, Chosen], State]

_MET_SINCE: Final = frozenset({"count_distinct", "count_new"})
_instant: Final = number_of(TIMESTAMP)
_FROM_THE_FIRST: Final = frozenset({"min", "least", "firsts"})


def state_over(
    layout: RecordLayout, partial: Partial, kept: Partial | None, asked: Sequence[FeaturePlan], size: int
) -> StateOf:
    """What gives a partial's state over what a window holds.

    Args:
        kept: the events that tiles keep, of an exact view.
        asked: the features of that window that are made of it.
        size: of the tiles, ms.
    """
    merged = merger(layout, partial)
    if kept is None:
        return lambda tiles, chosen: merged(tiles, chosen.tiles)
    of = gives(partial, kept)
    if partial.function == "tally":
        tallied = _tally(partial, merged, of, asked, size)
        is_met = all(one.aggregation == "count_distinct" and one.window.delay_ms == 0 for one in asked)
        return _met(partial, of, tallied) if is_met else tallied
    if partial.function == "count" and partial.value is None and partial.where is None:
        return _count(merged)
    if partial.function in ("count", "sum"):
        return _sum(merged, of) if partial.type != DOUBLE else _sum_of_doubles(merged, of)
    by_time = partial.order == kept.order or (partial.value is not None and partial.value == kept.order[0])
    return _by_time(partial, of) if by_time else _extreme(partial, merged, of)


def _count(merged: Merger) -> StateOf:
    """Of all events: which ones they are is not looked at."""

    def state(tiles: Tiles, chosen: Chosen) -> State:
        total: Any = merged(tiles, chosen.tiles)
        for cut in chosen.cut:
            total += cut.counted
        return total  # type: ignore[no-any-return]

    return state


def _sum(merged: Merger, of: Gives) -> StateOf:
    def state(tiles: Tiles, chosen: Chosen) -> State:
        total: Any = merged(tiles, chosen.with_removals)
        for cut in chosen.cut:
            if cut.is_for_removal:
                for event in cut.unwanted:
                    total -= event.gives(of) or 0
            else:
                for event in cut.wanted:
                    total += event.gives(of) or 0
        return total  # type: ignore[no-any-return]

    return state


def _sum_of_doubles(merged: Merger, of: Gives) -> StateOf:
    """Nothing is taken out of it: what was rounded away with an event does not come back."""

    def state(tiles: Tiles, chosen: Chosen) -> State:
        total: Any = merged(tiles, chosen.tiles)
        return total + sum([sum(_given(cut.wanted, of)) for cut in chosen.cut])  # type: ignore[no-any-return]

    return state


def _given(events: Iterable[KeptEvent], of: Gives) -> list[Any]:
    return [one for event in events if (one := event.gives(of)) is not None]


def _extreme(partial: Partial, merged: Merger, of: Gives) -> StateOf:
    """The least or the greatest of whole tiles and of events."""
    pick: Callable[[Iterable[Any]], Any] = min if partial.function in _FROM_THE_FIRST else max

    def of_cut(tiles: Tiles, cut: Cut) -> State:
        if cut.is_for_removal:
            held = merged(tiles, cut.alone)
            if held not in _given(cut.unwanted, of):
                return held
        ones = _given(cut.wanted, of)
        return pick(ones) if ones else None

    def state(tiles: Tiles, chosen: Chosen) -> State:
        found = merged(tiles, chosen.tiles)
        for cut in chosen.cut:
            found = merge(partial, found, of_cut(tiles, cut))
        return found

    return state


def _by_time(partial: Partial, of: Gives) -> StateOf:
    """What the first or the last events give: looked for from that end until there is enough."""
    name, most, is_first = partial.name, partial.most, partial.function in _FROM_THE_FIRST

    def of_cuts(cuts: Sequence[Cut]) -> Iterator[One]:
        for cut in cuts if is_first else reversed(cuts):
            for event in reversed(cut.wanted) if is_first else cut.wanted:
                one = event.gives(of)
                if one is not None:
                    yield one

    def of_tiles(tiles: Tiles, whole: Some) -> Iterator[One]:
        places = range(whole.start, whole.stop)
        for place in places if is_first else reversed(places):
            if partial.function in MARKED:
                yield from some_of(tiles.marks(name, slice(place, place + 1)))
            elif (number := tiles.number(name, place)) is not None:
                yield number

    def state(tiles: Tiles, chosen: Chosen) -> State:
        older, newer = chosen.sides
        parts = (of_cuts(older), of_tiles(tiles, chosen.tiles), of_cuts(newer))
        found = chain(*(parts if is_first else parts[::-1]))
        return tuple(map(str, islice(found, most))) or None if most else next(found, None)

    return state


def _met(partial: Partial, of: Gives, tallied: StateOf) -> StateOf:
    """Which marks were met: a tile's tally tells it, but for the events of one that do not count.

    Args:
        tallied: what tells it of any tiles.
    """
    name, most = partial.name, partial.most

    def at_head(tiles: Tiles, cut: Cut) -> Met | None:
        """None where a mark may have given way that was met all the same."""
        if cut.is_for_removal:
            told = met_in(tiles.marks(name, cut.alone), without=_given(cut.unwanted, of))
            return None if told.is_capped else told
        marks = {mark.encode() for mark in _given(cut.wanted, of)}
        return None if len(marks) > most else Met(marks, is_capped=False)

    def state(tiles: Tiles, chosen: Chosen) -> State:
        older, newer = chosen.sides
        found = [met_in(tiles.marks(name, chosen.tiles))]
        for cut in older:
            if not cut.is_tail:
                return tallied(tiles, chosen)
            found.append(met_in(tiles.marks(name, cut.alone), since=instant(chosen.start)))
        for cut in newer:
            told = at_head(tiles, cut)
            if told is None:
                return tallied(tiles, chosen)
            found.append(told)
        return Met(set().union(*(met.marks for met in found)), any(met.is_capped for met in found))

    return state


def _time(event: KeptEvent) -> int:
    text = event.parts[0]
    assert text is not None, "an event has its time"
    return int(_instant(text))


def _is_both(asked: Sequence[FeaturePlan], size: int) -> bool:
    """Whether a tile may hold both the instant that a value is remembered from and the one from which on it is new.

    Its first and last then do not tell on which side of the latter it was met. Else they do, and also once events are
    taken out, though they may be those of such: at a head these are the latest, and what was met before is not new.
    """
    new = [one for one in asked if one.aggregation == "count_new"]
    return any(one.parameters.keep_ms - (one.window.size_ms or 0) + 1 < size for one in new)


def is_tail_whole(asked: Sequence[FeaturePlan], size: int) -> bool:
    """Whether the tally of a tile that is cut at its tail is taken whole, for it tells what was met since when.

    Args:
        asked: the features of a window that are made of it.
        size: of the tile, ms.
    """
    return all(one.aggregation in _MET_SINCE and one.window.delay_ms == 0 for one in asked) and not _is_both(
        asked, size
    )


def _tally(partial: Partial, merged: Merger, of: Gives, asked: Sequence[FeaturePlan], size: int) -> StateOf:
    """How often each mark was met; a tile's tally also tells when.

    Where it is only asked what was met since when, a tile that is cut at its tail counts whole: what it tells suffices.
    Where it is only asked what is new, of what was met before that is told which was met lately too, and when last.
    """
    new = [one for one in asked if one.aggregation == "count_new"]
    spans = {one.window.size_ms or 0 for one in new}
    is_both, is_since = _is_both(asked, size), is_tail_whole(asked, size)
    is_new = len(new) == len(asked)

    def of_cut(tiles: Tiles, cut: Cut) -> Tally | None:
        if cut.is_for_removal and not is_both:
            held: Any = merged(tiles, cut.alone)
            if held is None or not held.is_capped:
                return None if held is None else without(held, _given(cut.unwanted, of))
        times = [(one, _time(event)) for event in cut.wanted if (one := event.gives(of)) is not None]
        return tally_of_marks(times, partial.most) if times else None  # type: ignore[arg-type]

    def of_whole(tiles: Tiles, whole: Some, cuts: Sequence[Cut]) -> Tally | None:
        held: list[Any] = [merged(tiles, whole), *(of_cut(tiles, cut) for cut in cuts)]
        some = [one for one in held if one is not None]
        return (together(some) if len(some) > 1 else some[0]) if some else None

    def state(tiles: Tiles, chosen: Chosen) -> State:
        whole, cuts = chosen.tiles, chosen.cut
        if is_since and cuts and cuts[0].is_tail:
            whole, cuts = slice(cuts[0].place, max(whole.stop, cuts[0].place + 1)), cuts[1:]
        if not is_new:
            return of_whole(tiles, whole, cuts)
        lately = bisect_left(
            tiles.numbers, (chosen.end - max(spans)) // size, whole.start, max(whole.start, whole.stop)
        )
        met = of_whole(tiles, slice(lately, whole.stop), cuts)
        if met is None:
            return None
        before = last_of(tiles.marks(partial.name, slice(whole.start, lately)), set(map(mark_of, met.entries)))
        return met if before is None else together([before, met])

    return state
