"""The events that one tile keeps, the last one first.

They stay texts, which begin with their time, until one is needed.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable

from millpond.algebra.marks import whole
from millpond.algebra.partials import One
from millpond.algebra.tallies import BETWEEN
from millpond.serve.gives import Gives, Parts
from millpond.store.kept import Kept


class KeptEvent:
    """An event that was kept; what it gives to a partial is looked for when it is asked, and once.

    Attributes:
        parts: the texts of its values, see `MarkReader`.
    """

    __slots__ = ("_given", "parts")

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self._given: dict[Gives, One | None] = {}

    def gives(self, of: Gives) -> One | None:
        """What it gives to a partial."""
        if of in self._given:
            return self._given[of]
        one = self._given[of] = of(self.parts)
        return one


class TileEvents:
    """The events that one tile keeps, the last one first.

    Args:
        parts: takes a mark apart.
        size: of the tile, ms.
        most: how many it keeps.
    """

    __slots__ = ("_kept", "_parts", "_texts", "_told", "first", "has_all", "last")

    def __init__(self, kept: Kept, parts: Callable[[str], Parts], size: int, most: int) -> None:
        self._kept, self._parts = kept, parts
        self._texts: list[str] | None = None
        self._told: dict[int, KeptEvent] = {}
        self.first, self.last = kept.tile * size + kept.first, kept.tile * size + kept.last
        self.has_all = kept.n <= most

    @property
    def texts(self) -> list[str]:
        """Their marks."""
        if self._texts is None:
            self._texts = self._kept.text.split(BETWEEN)
        return self._texts

    def is_of(self, record: bytes) -> bool:
        """Whether a record tells of the same events."""
        return self._kept.is_of(record)

    def at(self, places: Iterable[int]) -> list[KeptEvent]:
        """Some of them."""
        return [self._told[place] if place in self._told else self._tell(place) for place in places]

    def _tell(self, place: int) -> KeptEvent:
        event = self._told[place] = KeptEvent(self._parts(self.texts[place]))
        return event

    def since(self, ts: int) -> int:
        """How many lie at an instant or after it: those before that place."""
        return self._not_below(whole(ts))

    def has_all_since(self, ts: int) -> bool:
        """Whether all that the tile had at an instant or after it are among them."""
        return self.has_all or self.since(ts) < len(self.texts)

    def has_pushed_out(self, place: str) -> bool:
        """Whether an event would be kept no more, so many came behind it; it begins with a text that none here does."""
        return not self.has_all and self.texts[-1] > place

    def beginning_with(self, text: str) -> range:
        """The places of those that begin so."""
        texts = self.texts
        if texts[0].startswith(text) and not (len(texts) > 1 and texts[1].startswith(text)):
            return range(1)  # mostly it is the last one
        first = end = self._not_below(text)
        while first and texts[first - 1].startswith(text):
            first -= 1
        return range(first, end)

    def _not_below(self, text: str) -> int:
        return bisect_left(self.texts, True, key=lambda one: one < text)
