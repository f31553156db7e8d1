"""Many entities' strips of one part as one table: windows of all of them are found and merged at once; exact.

    strips     |5 6 7|      |2 9|6|              of entities 0, 1, 2 and 3
    rows        5 6 7        2 9 6
    key         5 6 7  2**33+2 +9  3 * 2**32 + 6     ascending: a binary search finds any entity's tile

Over some tiles of each entity a count or a sum is the difference of two running sums. Those wrap at 64 bits, and their
difference is right all the same wherever the sum itself fits; where it may not, or a number is wider, Python adds.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

import numpy as np
import numpy.typing as npt

from millpond.algebra.partials import State, zero
from millpond.plan.partials import Partial
from millpond.plan.types import DOUBLE
from millpond.serve.rows import extreme_of
from millpond.store.records import RecordLayout, Records, sum_wide
from millpond.store.strip import EMPTY, HEAD, count_of, gone_before

Ints: TypeAlias = npt.NDArray[np.int64]
OfMany: TypeAlias = Callable[["Strips", Ints, Ints], list[Any]]
"""A partial's state over some tiles of each entity, from a place among all rows to before another."""

_BEYOND: Final = 2**32  # all tiles
_SAFE: Final = 2**62
_GREATEST: Final = 2**63 - 1


class Strips:
    """The strips of one part, one an entity.

    Args:
        strips: None where an entity has none.
        size: of a tile, ms.

    Attributes:
        rows: of all of them, by entity and tile.
        gone: of each entity the tile before which all are gone.
        latest: of each entity the time of its last event, ms; -1 where it has no tile.
    """

    __slots__ = ("_keys", "_notes", "_offsets", "_size", "gone", "latest", "layout", "rows")

    def __init__(self, layout: RecordLayout, strips: Sequence[bytes | None], size: int) -> None:
        held = [EMPTY if strip is None else strip for strip in strips]
        counts = np.array([count_of(layout, strip) for strip in held], np.int64)
        self.layout = layout
        self.rows: Records = np.frombuffer(b"".join([strip[HEAD:] for strip in held]), layout.dtype)
        self.gone: Ints = np.array([gone_before(strip) for strip in held], np.int64)
        self._size = size
        self._offsets: Ints = np.arange(len(held), dtype=np.int64) << 32
        tiles = self.rows["tile"].astype(np.int64)
        self._keys: Ints = np.repeat(self._offsets, counts) + tiles
        self._notes: dict[str, Any] = {}
        last = np.cumsum(counts) - 1
        self.latest: Ints = np.full(len(held), -1, np.int64)
        some = counts > 0
        at = last[some]
        self.latest[some] = tiles[at] * size + self.rows["last"][at]

    def places(self, tiles: Ints) -> Ints:
        """Among all rows, where each entity's first tile stands that is no older than the one given for it."""
        return np.searchsorted(self._keys, self._offsets + np.clip(tiles, 0, _BEYOND))

    def last_of(self, tiles: Ints) -> Ints:
        """How far into the tile given for each entity (ms) its last event lies; -1 where there is no such tile."""
        found: Ints = np.full(len(tiles), -1, np.int64)
        if len(self.rows):
            places = np.minimum(self.places(tiles), len(self.rows) - 1)
            there = self._keys[places] == self._offsets + tiles
            found[there] = self.rows["last"][places[there]]
        return found

    def noted(self, what: str, name: str, make: Callable[["Strips", str], Any]) -> Any:
        """What was made of a column, once for all windows."""
        key = f"{what} {name}"
        if key not in self._notes:
            self._notes[key] = make(self, name)
        return self._notes[key]


def merger_of_many(layout: RecordLayout, partial: Partial) -> OfMany:
    """What gives the partial's state over some tiles of each entity: as `rows.merger` does of one."""
    name, is_wide = partial.name, layout.is_wide(partial.name)
    if partial.function not in ("count", "sum"):
        return _extreme(partial, is_wide=is_wide)
    if partial.function == "sum" and partial.type == DOUBLE:
        return lambda strips, start, stop: _one_by_one(strips, start, stop, name, sum)
    in_words = partial.function == "sum" and is_wide

    def summed(strips: Strips, start: Ints, stop: Ints) -> list[Any]:
        most = int((stop - start).max(initial=0))
        running = strips.noted("sum", name, _running)
        if running is None or strips.noted("bound", name, _bound) * most >= _SAFE:
            if in_words:
                column = strips.rows[name]
                return [sum_wide(column[a:b]) for a, b in zip(start.tolist(), stop.tolist(), strict=True)]
            return _one_by_one(strips, start, stop, name, sum)
        return (running[stop] - running[start]).tolist()  # type: ignore[no-any-return]

    return summed


def _numbers(strips: Strips, name: str) -> Ints | None:
    """A column as integers of 64 bits; None where one is wider."""
    column = strips.rows[name]
    if not strips.layout.is_wide(name):
        return column.astype(np.int64)
    low: Ints = column["lo"].view(np.int64)
    return low if bool((column["hi"] == low >> 63).all()) else None


def _running(strips: Strips, name: str) -> Ints | None:
    numbers = strips.noted("numbers", name, _numbers)
    if numbers is None:
        return None
    running: Ints = np.zeros(len(numbers) + 1, np.int64)
    np.cumsum(numbers, out=running[1:])
    return running


def _bound(strips: Strips, name: str) -> int:
    """Which no number of a column surpasses."""
    numbers = strips.noted("numbers", name, _numbers)
    return max(int(numbers.max(initial=0)), -int(numbers.min(initial=0)))


def _one_by_one(strips: Strips, start: Ints, stop: Ints, name: str, merge: Callable[[list[Any]], State]) -> list[State]:
    held = strips.noted("list", name, lambda strips, name: strips.layout.numbers(strips.rows, name))
    return [merge(held[a:b]) for a, b in zip(start.tolist(), stop.tolist(), strict=True)]


def _extreme(partial: Partial, *, is_wide: bool) -> OfMany:
    """The least or the greatest; doubles and wide numbers are compared by Python."""
    name, nothing, is_min = partial.name, zero(partial), partial.function == "min"
    if is_wide or partial.type == DOUBLE:
        extreme = extreme_of(partial)
        return lambda strips, start, stop: _one_by_one(strips, start, stop, name, extreme)
    reduce: Any = np.minimum if is_min else np.maximum
    worst = _GREATEST if is_min else -_GREATEST - 1

    def known(strips: Strips, name: str) -> tuple[Ints, Ints]:
        """A column with what never is picked in place of nulls, and how many known numbers stand before each place."""
        numbers: Ints = np.append(strips.rows[name].astype(np.int64), worst)
        there = np.zeros(len(numbers), np.int64)
        is_null = (strips.rows["nulls"] & strips.layout.bit(name)) != 0
        numbers[:-1][is_null] = worst
        np.cumsum(~is_null, out=there[1:])
        return numbers, there

    def state(strips: Strips, start: Ints, stop: Ints) -> list[State]:
        numbers, before = strips.noted("known", name, known)
        # Of pairs of ends, every other piece is a window; one without a tile gives a number that is not looked at.
        ends = np.stack([start, np.maximum(start, stop)], axis=1).reshape(-1)
        found = reduce.reduceat(numbers, ends)[::2].tolist()
        there = (before[np.maximum(start, stop)] > before[start]).tolist()
        return [number if is_there else nothing for number, is_there in zip(found, there, strict=True)]

    return state
