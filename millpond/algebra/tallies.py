"""Several marks in one text: those of some events, or a tally of how many events had each.

    some     mark | mark ...                             the first or last one first
    a tally  0 mark n first last | mark n first last ... by mark; it begins with 1 where there were more marks than kept

Between two stands U+FFFF ETX, which no mark holds; n, first and last take 12 hexadecimal digits each. Flink makes them
(jobs/java/millpond/Kept.java and Tally.java), of a tile each.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

BETWEEN: Final = "\uffff\3"
_DIGITS: Final = 12


class Met(NamedTuple):
    """How many events of a tile had a mark, and when the first and the last of them were (ms)."""

    n: int
    first: int
    last: int


class Tally(NamedTuple):
    """How often each mark was met.

    Attributes:
        met: by mark, once a tile.
        is_capped: a tile met more marks than are kept: those kept come first by their order, and are told completely.
    """

    met: dict[str, tuple[Met, ...]]
    is_capped: bool = False

    def count(self, mark: str) -> int:
        """How many events had a mark."""
        return sum(one.n for one in self.met[mark])


def some_of(text: str) -> tuple[str, ...]:
    """The marks of a text of some."""
    return tuple(text.split(BETWEEN))


def tally_of(text: str) -> Tally:
    """The tally of a tile.

    Raises:
        ValueError: the text is no tally.
    """
    if text[:1] not in ("0", "1"):
        raise ValueError(f"{text!r} is not a tally")
    met: dict[str, tuple[Met, ...]] = {}
    for entry in text[1:].split(BETWEEN):
        mark, numbers = entry[: -3 * _DIGITS], entry[-3 * _DIGITS :]
        met[mark] = (Met(*(int(numbers[at : at + _DIGITS], 16) for at in range(0, 3 * _DIGITS, _DIGITS))),)
    return Tally(met, text[0] == "1")


def counted(tally: Tally, mark: str, ts: int, most: int) -> Tally:
    """The tally of one tile after one more event of it.

    Args:
        ts: of the event, ms.
        most: how many marks are kept.
    """
    n, first, last = tally.met.get(mark, (Met(0, ts, ts),))[0]
    met: dict[str, tuple[Met, ...]] = {**tally.met, mark: (Met(n + 1, min(first, ts), max(last, ts)),)}
    if len(met) <= most:
        return Tally(met, tally.is_capped)
    del met[max(met)]
    return Tally(met, is_capped=True)


def together(tallies: Iterable[Tally]) -> Tally:
    """The tally of several tiles."""
    met: dict[str, tuple[Met, ...]] = {}
    is_capped = False
    for tally in tallies:
        is_capped |= tally.is_capped
        for mark, times in tally.met.items():
            met[mark] = met[mark] + times if mark in met else times
    return Tally(met, is_capped)
