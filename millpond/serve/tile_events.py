"""The events that one tile keeps, the last one first.

They stay texts, which begin with their time, until one is needed, and of that one the fields that are asked for.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from millpond.algebra.evaluate import Event, Value
from millpond.algebra.marks import MarkReader, whole
from millpond.algebra.tallies import BETWEEN
from millpond.serve.rows import Tiles
from millpond.store.kept import Kept

Timed: TypeAlias = tuple[int, Event]


class KeptEvent(Mapping[str, Value | None]):
    """An event that was kept; a field is read when it is asked for."""

    __slots__ = ("_names", "_parts", "_reader", "_values")

    def __init__(self, mark: str, reader: MarkReader, names: Mapping[str, int]) -> None:
        self._parts = reader.parts(mark)
        self._reader = reader
        self._names = names
        self._values: dict[str, Value | None] = {}

    def __getitem__(self, name: str) -> Value | None:
        if name not in self._values:
            number = self._names[name]
            self._values[name] = self._reader.value(number, self._parts[number])
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


class TileEvents:
    """The events that one tile keeps, the last one first.

    Args:
        event: makes an event of a mark.
        size: of the tile, ms.
        most: how many it keeps.
    """

    __slots__ = ("_event", "_events", "_header", "first", "has_all", "last", "marks")

    def __init__(self, kept: Kept, event: Callable[[str], Timed], size: int, most: int) -> None:
        self._header = (kept.n, kept.first, kept.last)
        self._event = event
        self._events: dict[str, Timed] = {}
        self.first, self.last = kept.tile * size + kept.first, kept.tile * size + kept.last
        self.marks: Sequence[str] = kept.text.split(BETWEEN)
        self.has_all = kept.n <= most

    def is_of(self, tiles: Tiles, place: int) -> bool:
        """Whether a record is of the same events."""
        n, first, last = (tiles.column(name) for name in ("n", "first", "last"))
        return self._header == (n[place], first[place], last[place])

    def events(self, marks: Iterable[str]) -> list[Timed]:
        """What some of them tell, each with its time (ms)."""
        for one in marks:
            if one not in self._events:
                self._events[one] = self._event(one)
        return [self._events[one] for one in marks]

    def since(self, ts: int) -> int:
        """How many lie at an instant or after it."""
        return self._not_below(whole(ts))

    def has_all_since(self, ts: int) -> bool:
        """Whether all that the tile had at an instant or after it are among them."""
        return self.has_all or self.since(ts) < len(self.marks)

    def beginning_with(self, text: str) -> Sequence[str]:
        """Those that begin so."""
        first = end = self._not_below(text)
        while first and self.marks[first - 1].startswith(text):
            first -= 1
        return self.marks[first:end]

    def _not_below(self, text: str) -> int:
        return bisect_left(self.marks, True, key=lambda one: one < text)
