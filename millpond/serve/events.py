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

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from millpond.algebra.marks import MarkReader
from millpond.plan.expr import Field
from millpond.plan.partials import Partial
from millpond.plan.windows import WindowSpan
from millpond.serve.cut import Cut
from millpond.serve.own_event import Own
from millpond.serve.rows import Some, Tiles
from millpond.serve.status import Status, worse
from millpond.serve.tile_events import KeptEvent, TileEvents, Timed
from millpond.store.kept import kept_in

_NONE: Final[tuple[Cut, ...]] = ()


class Chosen(NamedTuple):
    """What a window holds.

    Attributes:
        tiles: the tiles that count as a whole.
        cut: the tiles that it cuts.
        status: what is wrong with it.
    """

    tiles: Some
    cut: Sequence[Cut] = _NONE
    status: Status = "present"

    @property
    def is_empty(self) -> bool:
        """True where there is nothing in it."""
        return self.tiles.start >= self.tiles.stop and not any(cut.wanted for cut in self.cut)


class KeptEvents:
    """How the events in a view's tiles are read.

    Args:
        partial: the column that holds them.
        size: of the tiles, ms.
    """

    def __init__(self, partial: Partial, size: int) -> None:
        self._partial = partial
        self._size = size
        self._time = partial.order[0].name  # type: ignore[union-attr]  # a field
        trees = (*partial.order, *partial.fields)
        self._names = {tree.name: number for number, tree in enumerate(trees) if isinstance(tree, Field)}
        self._reader = MarkReader([tree.type for tree in partial.order], [tree.type for tree in partial.fields])

    def tiles(self, windows: Iterable[WindowSpan], first: int, last: int) -> list[int]:
        """The tiles that windows read at some instant from `first` to `last` may cut."""
        size, cut = self._size, set[int]()
        for window in windows:
            (lo, hi), (later_lo, later_hi) = window.bounds(first, 1), window.bounds(last, 1)
            cut.update(range(lo // size, later_lo // size + 1), range((hi - 1) // size, (later_hi - 1) // size + 1))
        return sorted(cut)

    def read(self, values: Iterable[bytes | None]) -> dict[int, TileEvents]:
        """The events of tiles, by tile, as they are stored."""
        found = [kept_in(value) for value in values if value is not None]
        return {kept.tile: TileEvents(kept, self._event, self._size, self._partial.most) for kept in found}

    def choose(
        self, window: WindowSpan, tiles: Tiles, events: Mapping[int, TileEvents], q: int, own: Own | None = None
    ) -> Chosen:
        """What a window read at q holds.

        Args:
            events: of the tiles that it may cut: asked for behind the records, and so never older.
            own: the request's event, where it is the entity's; then q is its time.
        """
        lo, hi = window.bounds(q, 1)
        own = own if window.delay_ms == 0 else None  # no delayed window reaches it
        is_in = False
        first, end = lo // self._size, -(-hi // self._size)
        cut: list[Cut] = []
        without: set[int] = set()
        status: Status = "present"
        for tile in sorted({first, end - 1}):
            place = tiles.place(tile)
            if place is None:
                continue
            kept = events.get(tile)
            if kept is None:
                return Chosen(tiles.between(first, end), status="incomplete")
            is_whole = kept.first >= lo and kept.last < hi
            at_head = own if tile == end - 1 and kept.last >= q else None
            if is_whole and at_head is None:
                continue
            has_all = kept.has_all_since(lo)
            its_own = () if at_head is None else kept.beginning_with(at_head.place)
            is_in = len(its_own) > 0
            # It may also be one of those that were not kept, all of its millisecond.
            may_be_in = is_in or (not has_all and kept.since(q) == len(kept.marks))
            out = at_head is not None and at_head.is_excluded and may_be_in
            if is_whole and not out:
                continue
            if has_all:
                without.add(tile)
                cut.append(self._cut(kept, lo, hi, its_own if out else (), tiles, place))
            elif out or (kept.last >= hi and window.delay_ms == 0):
                status = worse(status, "ahead")
            else:
                status = worse(status, "capped")
                if kept.last >= hi:
                    without.add(tile)
        if own is not None and not own.is_excluded and not is_in:
            status = worse(status, "behind")
        chosen = tiles.between(first + (first in without), end - (end - 1 in without and end - 1 > first))
        return Chosen(chosen, cut, status)

    def _cut(self, kept: TileEvents, lo: int, hi: int, out: Sequence[str], tiles: Tiles, place: int) -> Cut:
        """A tile cut at both ends of a window, and some events taken out."""
        end, first = kept.since(hi), kept.since(lo)
        wanted = [one for one in kept.marks[end:first] if one not in out]
        if not kept.has_all or not kept.is_of(tiles, place):
            return Cut(kept, wanted, None, place)
        return Cut(kept, wanted, [*kept.marks[:end], *out, *kept.marks[first:]], place)

    def _event(self, mark: str) -> Timed:
        event = KeptEvent(mark, self._reader, self._names)
        ts = event[self._time]
        assert isinstance(ts, int), "an event time comes first"
        return ts, event
