"""What the windows of a receipt held: the events that each tile of a part had counted, and the states they come to."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter

from millpond.algebra.partials import One, State, merge, zero
from millpond.algebra.values import Flaw, Value, valued
from millpond.offline.arrived import Arrived
from millpond.offline.counted import UNKNOWN, Counted, Ones, Says, Why, counted
from millpond.plan.model import FeaturePlan, ViewPlan
from millpond.plan.partials import Partial
from millpond.serve.own_event import Own
from millpond.serve.receipts import PartRead, TileSaid, WindowRead, is_rounded
from millpond.serve.states import is_tail_whole


@dataclass(frozen=True, slots=True)
class Contribution:
    """An event, and what it gives to each partial that a feature is made of; None where it does not count for that."""

    event: Arrived
    ones: Sequence[tuple[Partial, One | None]]


class HeldTiles:
    """The tiles of one part of a receipt, and the events that each had counted.

    Args:
        arrived: of the entity, what its job was there to count.
    """

    def __init__(self, view: ViewPlan, part: PartRead, arrived: Sequence[Arrived]) -> None:
        self.view = view
        self.size = part.size_ms
        self.ones = Ones(view.recorded)
        kept = view.kept_events
        self.kept_ones = None if kept is None else Ones([kept])
        by_tile: dict[int, list[Arrived]] = {}
        for event in arrived:
            by_tile.setdefault(event.ts // self.size, []).append(event)
        self._by_tile = by_tile
        self._by_time = sorted(arrived, key=attrgetter("ts"))
        self.said = {said.tile: said for said in part.tiles}
        self._kept = {said.tile: said for said in part.kept}
        self._whole: dict[int, Counted] = {}
        self._cut: dict[int, Counted] = {}
        self._states: dict[int, list[State]] = {}

    def whole(self, tile: int) -> Counted:
        """The events of a tile's record."""
        if tile not in self._whole:
            said = self.said[tile]
            told = [(Says(self.view.recorded, said.digest, tuple(map(float, said.doubles))), self.ones)]
            self._whole[tile] = self._counted(said, told + self._told_of_kept(tile, said))
        return self._whole[tile]

    def cut(self, tile: int) -> Counted:
        """The events of a tile as they were when they were read."""
        if tile not in self._cut:
            kept, said = self._kept[tile], self.said[tile]
            if _head(kept) == _head(said):
                self._cut[tile] = self.whole(tile)
            else:
                self._cut[tile] = self._counted(kept, self._told_of_kept(tile, kept))
        return self._cut[tile]

    def _told_of_kept(self, tile: int, said: TileSaid) -> list[tuple[Says, Ones]]:
        kept = self._kept.get(tile)
        if kept is None or self.kept_ones is None or _head(kept) != _head(said):
            return []
        return [(Says(self.kept_ones.partials, kept.digest, ()), self.kept_ones)]

    def _counted(self, said: TileSaid, told: list[tuple[Says, Ones]]) -> Counted:
        return counted(said, self.size, self._by_tile.get(said.tile, ()), told)

    def copies_differ(self, tile: int) -> bool:
        """Whether an event of it is told in two ways."""
        return any(event.copies_differ for event in self._by_tile.get(tile, ()))

    def states(self, tile: int) -> list[State]:
        """Of a whole tile."""
        if tile not in self._states:
            self._states[tile] = self.ones.states(self.whole(tile).events)
        return self._states[tile]

    def between(self, lo: int, hi: int) -> Sequence[Arrived]:
        """All that its job was there to count, from an instant (ms) to before another."""
        some = self._by_time
        return some[bisect_left(some, lo, key=attrgetter("ts")) : bisect_left(some, hi, key=attrgetter("ts"))]

    def held(self, window: WindowRead, own: Own | None) -> "HeldWindow":
        """What a window held."""
        return HeldWindow(self, window, own)

    def positions(self, known: Mapping[int, int]) -> dict[int, int]:
        """By partition, the offset behind the last event counted; of several parts the last one."""
        found = dict(known)
        for one in (*self._whole.values(), *self._cut.values()):
            for event in one.events:
                _, partition, offset = event.place
                found[partition] = max(found.get(partition, 0), offset + 1)
        return found


def _head(said: TileSaid) -> tuple[int, int, int, int]:
    return said.tile, said.n, said.first, said.last


class HeldWindow:
    """What one window held.

    Attributes:
        events: all of them, by time.
        why: they are not known.
        words: the same, of which tile.
        later: how many more lie in it now.
        is_sure: no other choice would give the same.
    """

    def __init__(self, tiles: HeldTiles, window: WindowRead, own: Own | None) -> None:
        self._tiles = tiles
        self._window = window
        begin, end = window.whole
        self._whole = [tile for tile in tiles.said if begin <= tile < end]
        taken = [(tile, tiles.whole(tile)) for tile in self._whole] + [(tile, tiles.cut(tile)) for tile in window.cut]
        bad = max(taken, key=lambda one: UNKNOWN.index(one[1].why) if one[1].why else -1, default=None)
        self.why: Why = "" if bad is None else bad[1].why
        self.words = "" if bad is None or not self.why else _words(tiles, *bad)
        self._cut = [
            [
                event
                for event in tiles.cut(tile).events
                if window.lo <= event.ts < window.hi and not (own is not None and own.is_excluded and _is(own, event))
            ]
            for tile in window.cut
        ]
        inside = [event for tile in self._whole for event in tiles.whole(tile).events]
        self.events = sorted([*inside, *(e for some in self._cut for e in some)], key=lambda e: (e.ts, e.place))
        known = {id(event) for event in self.events}
        self.later = sum(
            id(event) not in known and not (own is not None and own.is_excluded and _is(own, event))
            for event in tiles.between(window.lo, window.hi)
        )
        self.is_sure = all(one.is_only for _, one in taken)

    def value(self, feature: FeaturePlan, asked: Sequence[FeaturePlan], q: int) -> tuple[Value, Flaw]:
        """What a feature comes to; see `valued`.

        Args:
            asked: the features of this window.
            q: the instant read, ms.
        """
        named = {partial.name: partial for partial in self._tiles.view.recorded}
        partials = [named[name] for name in feature.partials]
        states = [self._state(partial, [one for one in asked if partial.name in one.partials]) for partial in partials]
        return valued(feature, partials)(states, q)

    def _state(self, partial: Partial, asked: Sequence[FeaturePlan]) -> State:
        tiles = self._tiles
        at = tiles.view.recorded.index(partial)
        if is_rounded(partial):
            return self._sum_of_doubles(partial, at)
        state: State = zero(partial)
        for tile in self._whole:
            state = merge(partial, state, tiles.states(tile)[at])
        for place, (tile, events) in enumerate(zip(self._window.cut, self._cut, strict=True)):
            # A tally tells what was met since when, and one that is capped forgets others than its events alone would.
            is_whole = place == 0 and self._window.is_tail and partial.function == "tally"
            if is_whole and is_tail_whole(asked, tiles.size):
                state = merge(partial, state, tiles.states(tile)[at])
            else:
                state = merge(partial, state, tiles.ones.states(events)[at])
        return state

    def _sum_of_doubles(self, partial: Partial, at: int) -> State:
        """As the Reader adds: those of the tiles, then those of the events of each tile that is cut, the last first."""
        tiles = self._tiles
        number = [one for one in tiles.view.recorded if is_rounded(one)].index(partial)
        total: float = sum([float(tiles.said[tile].doubles[number]) for tile in self._whole])
        if tiles.kept_ones is None:
            return total
        mark = tiles.kept_ones.of
        parts: list[float] = []
        for events in self._cut:
            ones = [tiles.ones.of(event)[at] for event in sorted(events, key=lambda e: mark(e)[0], reverse=True)]
            parts.append(sum([one for one in ones if one is not None]))
        return total + sum(parts)

    def contributions(self, feature: FeaturePlan) -> list[Contribution]:
        """The events that a feature is made of, and what each gives."""
        tiles = self._tiles
        partials = tiles.view.recorded
        at = {partial.name: place for place, partial in enumerate(partials)}
        found = []
        for event in self.events:
            ones = [(partials[at[name]], tiles.ones.of(event)[at[name]]) for name in feature.partials]
            if any(one is not None for _, one in ones):
                found.append(Contribution(event, ones))
        return found


def _is(own: Own, event: Arrived) -> bool:
    """Whether an event is the request's; without ids all of its millisecond are left out."""
    return event.ts == own.ts and (own.id is None or event.id == own.id)


def _words(tiles: HeldTiles, tile: int, found: Counted) -> str:
    said = tiles.said[tile]
    has = said.n + found.others
    of = f"the tile from {tile * tiles.size} on had counted {said.n}"
    match found.why:
        case "missing":
            return f"{of}, and the topic holds fewer of them now: they were deleted, or not accepted"
        case "unlike":
            differ = tiles.copies_differ(tile)
            why = ", and of some of them there are copies that differ" if differ else ""
            return f"{of}, and what the topic holds of them gives something else{why}"
        case "undetermined":
            return (
                f"{of}; of the {has} that the topic holds now, no choice that was tried gives what it said: the order "
                "in which they were counted is another one, or some were deleted"
            )
        case "":
            return ""
