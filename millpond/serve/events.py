"""The events that the tiles of an exact view keep, and what of a window is answered from them.

             lo                                    hi = q + 1
    ----[xxx=|====|=========|=========|=========|====|xxxx]---> ts
        events    whole tiles                     events

A tile keeps its last so many events. Where the window cuts a tile that had more, and not all that are wanted were kept,
the whole tile counts, and the answer is `capped`; at the head of a delayed window it does not count. Where the request
is an event of the entity, it is looked for by its id in the tile at the head, and left out if that is asked for; of a
tile that had too many events it cannot be, and the answer is `ahead`.

Events that are not there though the record is have expired with it meanwhile, or their slot is in use again.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable
from itertools import chain
from typing import Final

from millpond.algebra.marks import MarkReader
from millpond.plan.partials import Partial
from millpond.plan.windows import WindowSpan
from millpond.serve.cut import Chosen, Cut
from millpond.serve.own_event import Own
from millpond.serve.rows import Tiles
from millpond.serve.status import Status, worse
from millpond.serve.tile_events import TileEvents
from millpond.store.kept import kept_in

_NOWHERE: Final = range(0)


class _End:
    """What of a tile at an end of a window counts.

    Args:
        counts_whole: its record does.
        cut: else its events that do, where they are known; None where it does not count.
        status: what is wrong with it.
        holds_own: the request's event is in it.
    """

    __slots__ = ("counts_whole", "cut", "holds_own", "status")

    def __init__(
        self,
        *,
        counts_whole: bool = True,
        cut: Cut | None = None,
        status: Status = "present",
        holds_own: bool = False,
    ) -> None:
        self.counts_whole = counts_whole
        self.cut = cut
        self.status = status
        self.holds_own = holds_own


_WHOLE: Final = _End()
_GONE: Final = _End(status="incomplete")


class KeptEvents:
    """How the events in a view's tiles are read.

    Args:
        partial: the column that holds them.
        size: of the tiles, ms.
        windows: that are read.

    Attributes:
        most: how many events a tile keeps.
    """

    def __init__(self, partial: Partial, size: int, windows: Collection[WindowSpan]) -> None:
        self.most = partial.most
        self._partial = partial
        self._size = size
        ends = {window.delay_ms: None for window in windows}
        for window in windows:
            if window.size_ms is not None:  # a lifetime begins with a tile
                ends[window.delay_ms + window.size_ms - 1] = None
        self._ends = tuple(ends)  # how far back they lie
        self._parts = MarkReader([tree.type for tree in partial.order], [tree.type for tree in partial.fields]).parts

    def tiles(self, first: int, last: int) -> list[int]:
        """The tiles that the windows read at some instant from `first` to `last` may cut."""
        size = self._size
        if first == last:
            return [(first - back) // size for back in self._ends]
        cut = [range((first - back) // size, (last - back) // size + 1) for back in self._ends]
        return list(chain.from_iterable(cut))

    def read(self, tiles: Tiles, values: Iterable[bytes | None], q: int, own: Own | None) -> "HeldEvents":
        """What an entity's hashes hold, for windows read at q.

        Args:
            values: the events of the tiles that windows may cut: asked for behind the records, and so never older.
            own: the request's event, where it is the entity's; then q is its time.
        """
        size, most = self._size, self.most
        found = [kept_in(value) for value in values if value is not None]
        return HeldEvents(tiles, {kept.tile: TileEvents(kept, self._parts, size, most) for kept in found}, size, q, own)


class HeldEvents:
    """The tiles and events of one entity, for windows read at one instant."""

    __slots__ = ("_events", "_head", "_own", "_q", "_size", "_tiles")

    def __init__(self, tiles: Tiles, events: dict[int, TileEvents], size: int, q: int, own: Own | None) -> None:
        self._tiles = tiles
        self._events = events
        self._size = size
        self._q = q
        self._own = own
        self._head: _End | None = None  # the same for all windows that reach it, and begin before it

    def choose(self, lo: int, hi: int, *, is_current: bool, is_lifetime: bool) -> Chosen:
        """What a window holds: of [lo, hi), in ms.

        Args:
            is_current: it ends with the present, or with the request's event.
            is_lifetime: it begins with a tile.
        """
        size, numbers = self._size, self._tiles.numbers
        tail, head = lo // size, (hi - 1) // size
        start, stop = bisect_left(numbers, tail), bisect_left(numbers, head + 1)
        at_tail = at_head = _WHOLE
        if start < stop and numbers[stop - 1] == head:
            at_head = self._at_head(stop - 1, lo, hi, is_current=is_current)
        if start < stop and numbers[start] == tail != head and not is_lifetime:
            at_tail = self._end(start, lo, hi, is_current=is_current, is_tail=True)
        status = worse(at_tail.status, at_head.status)
        if status == "incomplete":
            return Chosen(slice(start, stop), status=status)
        own = self._own
        if is_current and own is not None and not own.is_excluded and not at_head.holds_own:
            status = worse(status, "behind")
        first, last = at_tail.cut, at_head.cut
        start, stop = start + (not at_tail.counts_whole), stop - (not at_head.counts_whole)
        removals = slice(
            start - (first is not None and first.is_for_removal), stop + (last is not None and last.is_for_removal)
        )
        cut = [one for one in (first, last) if one is not None]
        return Chosen(slice(start, stop), cut, status, lo, hi, removals)

    def holds(self, ts: int, place: str) -> bool:
        """Whether an event is in its tile, both among its events and in its record.

        Args:
            place: what its mark begins with.
        """
        number = ts // self._size
        kept = self._events.get(number)
        at = bisect_left(self._tiles.numbers, number)
        return (
            kept is not None
            and at < len(self._tiles.numbers)
            and self._tiles.numbers[at] == number
            and kept.is_of(self._tiles.record(at))
            and len(kept.beginning_with(place)) > 0
        )

    def has_pushed_out(self, ts: int, place: str) -> bool:
        """Whether an event's tile has had so many behind it that it keeps it no more, if it had it.

        Args:
            place: what its mark begins with.
        """
        kept = self._events.get(ts // self._size)
        return kept is not None and kept.has_pushed_out(place)

    def _at_head(self, place: int, lo: int, hi: int, *, is_current: bool) -> _End:
        if not is_current or lo > self._tiles.numbers[place] * self._size:
            return self._end(place, lo, hi, is_current=is_current)
        if self._head is None:
            self._head = self._end(place, lo, hi, is_current=True)
        return self._head

    def _end(self, place: int, lo: int, hi: int, *, is_current: bool, is_tail: bool = False) -> _End:
        """What of a tile lies in [lo, hi).

        Args:
            is_current: the window ends with the present, or with the request's event.
            is_tail: it begins in the tile, and ends in another.
        """
        kept = self._events.get(self._tiles.numbers[place])
        if kept is None:
            return _GONE
        is_whole = kept.first >= lo and kept.last < hi
        # No delayed window reaches the request's event.
        own = self._own if is_current and not is_tail and kept.last >= self._q else None
        if is_whole and own is None:
            return _WHOLE
        has_all = kept.has_all_since(lo)
        its_own = _NOWHERE if own is None else kept.beginning_with(own.place)
        is_in = len(its_own) > 0
        # It may also be one of those that were not kept, all of its millisecond.
        may_be_in = is_in or (not has_all and kept.since(self._q) == len(kept.texts))
        out = own is not None and own.is_excluded and may_be_in
        # Where the record counts: it may be older than its events.
        is_in_record = is_in and kept.is_of(self._tiles.record(place))
        if is_whole and not out:
            return _End(holds_own=is_in_record)
        if has_all:
            cut = self._cut(kept, lo, hi, its_own if out else _NOWHERE, place, is_tail=is_tail)
            return _End(counts_whole=False, cut=cut, holds_own=is_in)
        if out or (kept.last >= hi and is_current):
            return _End(status="ahead", holds_own=may_be_in)  # nothing to wait for, where it was pushed out
        return _End(counts_whole=kept.last < hi, status="capped", holds_own=is_in_record)

    def _cut(self, kept: TileEvents, lo: int, hi: int, out: range, place: int, *, is_tail: bool) -> Cut:
        """A tile cut at both ends of a window, and some events taken out."""
        end = kept.since(hi) if kept.last >= hi else 0
        first = kept.since(lo) if kept.first < lo else len(kept.texts)
        is_whole = kept.has_all and kept.is_of(self._tiles.record(place))
        return Cut(kept, end, first, out, place, is_whole=is_whole, is_tail=is_tail)
