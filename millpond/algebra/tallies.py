"""Several marks in one text: those of some events, or a tally of how many events had each.

    some     mark | mark ...                             the first or last one first
    a tally  0 mark n first last | mark n first last ... by mark; it begins with 1 where there were more marks than kept

Between two stands U+FFFF ETX, which no mark holds; n, first and last take 12 hexadecimal digits each. Flink makes them
(jobs/java/millpond/Kept.java and Tally.java), of a tile each.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

BETWEEN: Final = "\uffff\3"
_BETWEEN: Final = BETWEEN.encode()
_DIGITS: Final = 12
NUMBERS: Final = 3 * _DIGITS  # of n, first and last, at the end of an entry
LAST: Final = -_DIGITS
FIRST: Final = 2 * LAST
MARK: Final = slice(None, -NUMBERS)


class Tally(NamedTuple):
    """How often each mark was met.

    Attributes:
        entries: texts of mark, n, first and last; of each tile one a mark, by mark. What need not be parsed is not:
            of instants as they are written (`instant`) the texts compare as the instants do.
        is_capped: a tile met more marks than are kept: those kept come first by their order, and are told completely.
    """

    entries: tuple[str, ...]
    is_capped: bool = False

    def counts(self) -> Counter[str]:
        """How many events had each mark."""
        counts: Counter[str] = Counter()
        for entry in self.entries:
            counts[mark_of(entry)] += int(entry[-NUMBERS:FIRST], 16)
        return counts

    @property
    def text(self) -> str:
        """As Flink writes it, of one tile."""
        return ("1" if self.is_capped else "0") + BETWEEN.join(self.entries)


def mark_of(entry: str) -> str:
    """The mark of an entry."""
    return entry[MARK]


def instant(ts: int) -> str:
    """An instant (ms) as an entry has it; one before 1970 is 1970, for no event is earlier."""
    return f"{max(ts, 0):012x}"


def entry_of(mark: str, n: int, first: int, last: int) -> str:
    """An entry: how many events had a mark, and when the first and the last of them were (ms)."""
    return f"{mark}{n:012x}{instant(first)}{instant(last)}"


def numbers_of(entry: str) -> tuple[int, int, int]:
    """n, first and last of an entry."""
    return int(entry[-NUMBERS:FIRST], 16), int(entry[FIRST:LAST], 16), int(entry[LAST:], 16)


def some_of(texts: Sequence[bytes]) -> list[str]:
    """The marks of texts of some, in UTF-8."""
    return str(_BETWEEN.join(texts), "utf-8").split(BETWEEN)


def tally_of(texts: Sequence[bytes]) -> Tally:
    """The tally of the tiles whose tallies are told by texts, in UTF-8.

    Raises:
        ValueError: a text is no tally.
    """
    flags = {text[:1] for text in texts}
    if not flags <= {b"0", b"1"} or min(map(len, texts)) <= NUMBERS:
        raise ValueError(f"among {texts!r} is what is no tally")
    return Tally(tuple(some_of([text[1:] for text in texts])), b"1" in flags)


def counted(tally: Tally, mark: str, ts: int, most: int) -> Tally:
    """The tally of one tile after one more event of it.

    Args:
        ts: of the event, ms.
        most: how many marks are kept.
    """
    entries = list(tally.entries)
    at = bisect_left(entries, mark, key=mark_of)
    if at < len(entries) and mark_of(entries[at]) == mark:
        n, first, last = numbers_of(entries[at])
        entries[at] = entry_of(mark, n + 1, min(first, ts), max(last, ts))
    else:
        entries.insert(at, entry_of(mark, 1, ts, ts))
    return Tally(tuple(entries[:most]), tally.is_capped or len(entries) > most)


def together(tallies: Iterable[Tally]) -> Tally:
    """The tally of several tiles."""
    entries: list[str] = []
    is_capped = False
    for tally in tallies:
        is_capped |= tally.is_capped
        entries += tally.entries
    return Tally(tuple(entries), is_capped)
