"""What open tiles and remembered events take of Flink's state: of a checkpoint in bytes of RocksDB's files, compacted.

RocksDB compresses blocks of neighbours with Snappy; they share all but what is told of each. What is left of a byte of
each kind was found by least squares over 16 kinds of rows: the files of the newest checkpoint of 15 fragments, over
their number of rows, after 982,074 simulated events (`benchmarks/estimate.py` measures it again). Those of a single
fragment lie within 13 %. Until they are compacted, rows that are written again and again take up to half as much more.

A savepoint is not compressed: its bytes follow from Flink's serializers, and were met within 1 %.
"""

from typing import Final

from millpond.plan.aggregations import FragmentKind
from millpond.plan.model import ViewPlan
from millpond.plan.partials import Partial
from millpond.review.held import HeldEvents, HeldView, Marks, OpenTiles
from millpond.review.marks import fixed_bytes, marked
from millpond.store.parts import parts_of

ROW: Final = 15.0  # places in the file, in its index and in its filter
KEY_TEXT: Final = 0.92  # a byte of a text in a key
NUMBER: Final = 3.2  # a number of 64 bits in a row
WIDE: Final = 1.5  # a number of 128 bits, in numbers
TALLIED: Final = 11.0  # how many of a value, when first and when last
MARK_TEXT: Final = 1.27  # a byte of a text in a mark
MARK_NUMBER: Final = 14.5  # a number in a mark, 16 or 32 hexadecimal digits

ALWAYS: Final = 3  # numbers of a tile: its events, the first and the last event time
PLACE: Final = 2  # numbers of a key: level and tile
NARROW_DIGITS: Final = 18  # of a decimal that takes no more than 64 bits


def checkpoint_of_tiles(view: ViewPlan, kind: FragmentKind, held: HeldView) -> float:
    """Of all open tiles of a fragment."""
    numbers = _numbers_in_key(view) + ALWAYS + sum(WIDE if _is_wide(one) else 1.0 for one in _numbers(view))
    row = ROW + KEY_TEXT * sum(held.text_bytes) + NUMBER * numbers
    return sum(tiles.count * (row + _told_by_marks(view, tiles)) for tiles in _tiles(view, kind, held))


def checkpoint_of_events(held: HeldEvents) -> float:
    """Of all events that a job remembers: id and time, and how many copies came."""
    return held.count * (ROW + KEY_TEXT * held.id_bytes + 2 * NUMBER)


def savepoint_of_tiles(view: ViewPlan, kind: FragmentKind, held: HeldView) -> float:
    """Of all open tiles of a fragment."""
    key = _row(_numbers_in_key(view) + len(held.text_bytes) + PLACE, held.text_bytes)
    wide = sum(16 for one in _numbers(view) if _is_wide(one))
    found = 0.0
    for tiles in _tiles(view, kind, held):
        marks = [_serialized(partial, tiles.marks[partial.name]) for partial in marked(view.partials)]
        value = _row(ALWAYS + len(_numbers(view)) + len(marks), marks) + wide
        found += tiles.count * _entry(key, value)
    return found


def savepoint_of_events(held: HeldEvents) -> float:
    """Of all events that a job remembers."""
    return held.count * _entry(_row(2, [held.id_bytes] if held.id_bytes else []), _row(1, []))


def _tiles(view: ViewPlan, kind: FragmentKind, held: HeldView) -> list[OpenTiles]:
    return [held.parts[part.name].tiles for part in parts_of(view, kind)]


def _numbers_in_key(view: ViewPlan) -> int:
    return sum(tree.type.kind != "string" for tree in view.by)


def _numbers(view: ViewPlan) -> list[Partial]:
    """The partials that are numbers; Flink counts all events of a tile but once."""
    kept = marked(view.partials)
    return [one for one in view.partials if one not in kept and not _counts_all(one)]


def _counts_all(partial: Partial) -> bool:
    return partial.function == "count" and partial.value is None and partial.where is None


def _is_wide(partial: Partial) -> bool:
    """Flink sums decimals in 38 digits."""
    return partial.type.kind == "decimal" and (partial.function == "sum" or partial.type.precision > NARROW_DIGITS)


# --- compressed -----------------------------------------------------------------------------------------------------


def _told_by_marks(view: ViewPlan, tiles: OpenTiles) -> float:
    """In an exact view every other mark repeats what its events say, and Snappy knows a repetition."""
    kept = marked(view.partials)
    told = kept[-1:] if view.is_exact else kept
    tallied = sum(tiles.marks[partial.name].number for partial in kept if partial.function == "tally")
    return TALLIED * tallied + sum(_told(partial, tiles.marks[partial.name]) for partial in told)


def _told(partial: Partial, marks: Marks) -> float:
    trees = (*partial.order, *partial.fields)
    fixed = sum(fixed_bytes(tree.type) for tree in trees) + len(partial.fields)
    numbers = sum(tree.type.kind not in ("string", "boolean") for tree in trees)
    return MARK_TEXT * (marks.size - fixed * marks.number) + MARK_NUMBER * numbers * marks.number


# --- as Flink's serializers write it --------------------------------------------------------------------------------


def _entry(key: float, value: float) -> float:
    """Two lengths; a key group, a length and a namespace beside the key, a time and a length beside the value."""
    return 4 + 4 + (1 + 4 + key + 1) + (8 + 4 + value)


def _row(fields: int, texts: tuple[float, ...] | list[float]) -> float:
    """A word for nulls, one a field, and behind them what takes more than seven bytes, in whole words."""
    return 8 + 8 * fields + sum(_words(text) for text in texts if text > 7)


def _words(size: float) -> float:
    return -(-size // 8) * 8 if size == int(size) else size + 3.5


def _serialized(partial: Partial, marks: Marks) -> float:
    """Of marks: how many there may be, how many there are, and of each its length; see jobs/java Kept and Tally."""
    if partial.function in ("least", "greatest"):
        return marks.size
    if partial.function == "tally":
        return 4 + 1 + 4 + marks.size + (4 + 24) * marks.number
    return 4 + 4 + marks.size + 4 * marks.number
