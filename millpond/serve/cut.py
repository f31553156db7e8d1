"""What a window holds: tiles that count as a whole, and of the tiles that it cuts the events that count."""

from collections.abc import Sequence
from itertools import chain
from typing import Final

from millpond.serve.rows import Some
from millpond.serve.status import Status
from millpond.serve.tile_events import KeptEvent, TileEvents

_NONE: Final[Some] = slice(0)


class Cut:
    """A tile of which not all counts: of its events, the last one first, those from `end` to before `first`.

    Args:
        of: its events.
        end, first: places among them.
        out: of those between, some that do not count either.
        place: of its record among those that were read.
        is_whole: its record is of these events, and all are known.
        is_tail: all count from some instant on.

    Attributes:
        counted: how many count.
        is_for_removal: whether the few that do not count are taken out of what the tile's record says.
    """

    __slots__ = (
        "_end",
        "_first",
        "_in",
        "_of",
        "_out",
        "_outside",
        "counted",
        "is_for_removal",
        "is_tail",
        "place",
    )

    def __init__(
        self, of: TileEvents, end: int, first: int, out: range, place: int, *, is_whole: bool, is_tail: bool
    ) -> None:
        self._of, self._end, self._first = of, end, first
        self._out = out or range(end, end)
        self._in: list[KeptEvent] | None = None
        self._outside: list[KeptEvent] | None = None
        self.place = place
        self.counted = first - end - len(out)
        self.is_for_removal = is_whole and len(of.texts) - self.counted < self.counted
        self.is_tail = is_tail and is_whole

    @property
    def alone(self) -> Some:
        """Its tile."""
        return slice(self.place, self.place + 1)

    @property
    def wanted(self) -> list[KeptEvent]:
        """The events that count, the last one first."""
        if self._in is None:
            out = self._out
            self._in = self._of.at(chain(range(self._end, out.start), range(out.stop, self._first)))
        return self._in

    @property
    def unwanted(self) -> list[KeptEvent]:
        """All others, where they are known."""
        if self._outside is None:
            self._outside = self._of.at(chain(range(self._end), self._out, range(self._first, len(self._of.texts))))
        return self._outside


class Chosen:
    """What a window holds.

    Args:
        tiles: those that count as a whole.
        cut: those that it cuts, the oldest first.
        status: what is wrong with it.
        start, end: it is of the instants from the one to before the other, ms; of an exact view.
        with_removals: the tiles that count as a whole, and those of which a few events are to be taken out.
    """

    __slots__ = ("cut", "end", "start", "status", "tiles", "with_removals")

    def __init__(
        self,
        tiles: Some,
        cut: Sequence[Cut] = (),
        status: Status = "present",
        start: int = 0,
        end: int = 0,
        with_removals: Some = _NONE,
    ) -> None:
        self.tiles = tiles
        self.cut = cut
        self.status = status
        self.start = start
        self.end = end
        self.with_removals = with_removals

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing in it."""
        return self.tiles.start >= self.tiles.stop and not any(cut.counted for cut in self.cut)

    @property
    def sides(self) -> tuple[Sequence[Cut], Sequence[Cut]]:
        """The tiles that it cuts: before those that count as a whole, and behind them."""
        if not self.cut or self.cut[-1].place < self.tiles.stop:
            return self.cut, ()
        return self.cut[:-1], self.cut[-1:]
