"""The events that the tiles of an exact view keep, and what of a window is answered from them.

             lo                                    hi = q + 1
    ----[xxx=|====|=========|=========|=========|====|xxxx]---> ts
        events    whole tiles                     events

A tile keeps its last so many events. Where the window cuts a tile that had more, and not all that are wanted were kept,
the whole tile counts, and the answer is `capped`; at the head of a delayed window it does not count. Where the request
is an event of the entity, it is looked for by its id in the tile at the head, and left out if that is asked for; of a
tile that had too many events it cannot be, and the answer is `ahead`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from millpond.algebra.evaluate import Event, Value
from millpond.algebra.marks import unmarked
from millpond.algebra.tallies import some_of
from millpond.plan.expr import Field
from millpond.plan.model import ViewPlan
from millpond.plan.partials import Partial
from millpond.plan.windows import WindowSpan
from millpond.serve.own_event import Own
from millpond.serve.rows import Some, Tiles
from millpond.serve.status import Status, worse

Timed: TypeAlias = tuple[int, Event]
_NONE: Final[tuple[list[Timed], ...]] = ()


class Chosen(NamedTuple):
    """What a window holds.

    Attributes:
        tiles: the tiles that count as a whole.
        events: by tile, those of the tiles that it cuts.
        status: what is wrong with it.
    """

    tiles: Some
    events: Sequence[list[Timed]] = _NONE
    status: Status = "present"

    @property
    def is_empty(self) -> bool:
        """True where there is nothing in it."""
        return self.tiles.start >= self.tiles.stop and not any(self.events)


class KeptEvents:
    """How the events in a view's tiles are read.

    Args:
        view: an exact one.
    """

    def __init__(self, view: ViewPlan) -> None:
        self._partial: Partial = view.partials[-1]
        trees = (*self._partial.order, *self._partial.fields)
        self._names = [tree.name if isinstance(tree, Field) else None for tree in trees]
        self._order = [tree.type for tree in self._partial.order]
        self._fields = [tree.type for tree in self._partial.fields]

    def choose(self, window: WindowSpan, tiles: Tiles, size: int, q: int, own: Own | None = None) -> Chosen:
        """What a window read at q holds, from tiles of `size` ms.

        Args:
            own: the request's event, where it is the entity's; then q is its time.
        """
        lo, hi = window.bounds(q, 1)
        own = own if window.delay_ms == 0 else None  # no delayed window reaches it
        is_in = False
        first, end = lo // size, -(-hi // size)
        events: list[list[Timed]] = []
        without: set[int] = set()
        status: Status = "present"
        for tile in sorted({first, end - 1}):
            place = tiles.place(tile)
            if place is None:
                continue
            since, until = (tile * size + tiles.column(name)[place] for name in ("first", "last"))
            is_whole = since >= lo and until < hi
            at_head = own if tile == end - 1 and until >= q else None
            if is_whole and at_head is None:
                continue
            kept = self._events(tiles, place)
            has_all = tiles.column("n")[place] <= self._partial.most or kept[-1][0] < lo
            is_in = at_head is not None and any(at_head.is_it(ts, event) for ts, event in kept)
            # It may also be one of those that were not kept, all of its millisecond.
            may_be_in = is_in or (not has_all and kept[-1][0] >= q)
            out = at_head if at_head is not None and at_head.is_excluded and may_be_in else None
            if is_whole and out is None:
                continue
            if has_all:
                without.add(tile)
                inside = [(ts, event) for ts, event in kept if lo <= ts < hi]
                events.append([one for one in inside if out is None or not out.is_it(*one)])
            elif out is not None or (until >= hi and window.delay_ms == 0):
                status = worse(status, "ahead")
            else:
                status = worse(status, "capped")
                if until >= hi:
                    without.add(tile)
        if own is not None and not own.is_excluded and not is_in:
            status = worse(status, "behind")
        chosen = tiles.between(first + (first in without), end - (end - 1 in without and end - 1 > first))
        return Chosen(chosen, events, status)

    def _events(self, tiles: Tiles, place: int) -> list[Timed]:
        """The last one first."""
        texts = tiles.texts(self._partial.name, slice(place, place + 1))
        return [self._event(mark) for text in texts for mark in some_of(text)]

    def _event(self, mark: str) -> Timed:
        values = unmarked(mark, self._order, self._fields)
        event: dict[str, Value | None] = {
            name: value for name, value in zip(self._names, values, strict=True) if name is not None
        }
        ts = values[0]
        assert isinstance(ts, int), "an event time comes first"
        return ts, event
