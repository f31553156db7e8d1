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


class Met(NamedTuple):
    """Which marks were met, where nothing else is asked of tallies.

    Attributes:
        marks: in UTF-8, as tallies are stored: they are only told apart.
        is_capped: as of a tally.
    """

    marks: set[bytes]
    is_capped: bool


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
    return str(_BETWEEN.join(texts), "utf-8").split(BETWEEN) if texts else []


def tally_of(texts: Sequence[bytes]) -> Tally:
    """The tally of the tiles whose tallies are told by texts, in UTF-8.

    Raises:
        ValueError: a text is no tally.
    """
    return Tally(tuple(str(_entries(texts), "utf-8").split(BETWEEN)), _is_capped(texts))


def met_in(texts: Sequence[bytes], *, since: str = "", without: Sequence[str] = ()) -> Met:
    """The marks that tiles met whose tallies are told by texts, in UTF-8.

    Args:
        since: not those met last before this instant, see `instant`.
        without: the marks of events that do not count, all of one tile.

    Raises:
        ValueError: a text is no tally.
    """
    if not texts:
        return Met(set(), is_capped=False)
    entries, is_capped = _entries(texts).split(_BETWEEN), _is_capped(texts)
    if since:
        instant = since.encode()
        entries = [entry for entry in entries if entry[LAST:] >= instant]
    if without:
        out = Counter([mark.encode() for mark in without])
        entries = [entry for entry in entries if int(entry[-NUMBERS:FIRST], 16) > out[entry[:-NUMBERS]]]
    return Met({entry[:-NUMBERS] for entry in entries}, is_capped)


def last_of(texts: Sequence[bytes], marks: Iterable[str]) -> Tally | None:
    """Of some marks each one's last entry in the tallies of tiles, the oldest tile first; None where there is none.

    Each is searched for in the text: no mark begins with another one, and none holds what stands between.

    Raises:
        ValueError: a text is no tally.
    """
    if not texts:
        return None
    found, text = [], _BETWEEN + _entries(texts)
    for mark in marks:
        wanted = _BETWEEN + mark.encode()
        at = text.rfind(wanted)
        if at >= 0:
            found.append(str(text[at + len(_BETWEEN) : at + len(wanted) + NUMBERS], "utf-8"))
    is_capped = _is_capped(texts)
    return Tally(tuple(found), is_capped) if found or is_capped else None


def _is_capped(texts: Sequence[bytes]) -> bool:
    flags = {text[:1] for text in texts}
    if not flags <= {b"0", b"1"} or min(map(len, texts)) <= NUMBERS:
        raise ValueError(f"among {texts!r} is what is no tally")
    return b"1" in flags


def _entries(texts: Sequence[bytes]) -> bytes:
    return _BETWEEN.join([text[1:] for text in texts])


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


def tally_of_marks(met: Iterable[tuple[str, int]], most: int) -> Tally:
    """The tally of one tile.

    Args:
        met: of its events the mark, and when (ms).
        most: how many marks are kept.
    """
    times: dict[str, list[int]] = {}
    for mark, ts in met:
        times.setdefault(mark, []).append(ts)
    entries = [entry_of(mark, len(times[mark]), min(times[mark]), max(times[mark])) for mark in sorted(times)]
    return Tally(tuple(entries[:most]), len(entries) > most)


def without(tally: Tally, marks: Iterable[str]) -> Tally | None:
    """The tally of one tile, one event of each of some marks taken out; None where nothing is left.

    When a mark was met first and last is then told no better than before: it was not earlier, and not later.

    Raises:
        KeyError: a mark is not in it, or was not met so often.
    """
    gone = Counter(marks)
    left = []
    for entry in tally.entries:
        mark = mark_of(entry)
        if out := gone.pop(mark, 0):
            n, first, last = numbers_of(entry)
            if n < out:
                raise KeyError(mark)
            if n > out:
                left.append(entry_of(mark, n - out, first, last))
        else:
            left.append(entry)
    if gone:
        raise KeyError(*gone)
    return Tally(tuple(left), tally.is_capped) if left else None


def together(tallies: Iterable[Tally]) -> Tally:
    """The tally of several tiles."""
    entries: list[str] = []
    is_capped = False
    for tally in tallies:
        is_capped |= tally.is_capped
        entries += tally.entries
    return Tally(tuple(entries), is_capped)
