"""The record of a tile: one little-endian form for each view, written column by column and read as one array.

    | tile u32 | n u32 | first u32 | last u32 | nulls | partials ... | sizes ... | marks ... |

`first` and `last` are ms from the start of the tile to its first and last event. `nulls` has a bit for each partial
that may be null (min and max), and is absent where there is none. A partial is u32 for a count, i64 for integers,
instants and decimals of up to 18 digits (unscaled), i128 (lo u64, hi i64) for wider decimals, and f64 for doubles.
Marks are texts in UTF-8, of any length, one after the other; before them stands the size of each in bytes, u32, so that
any of them is found without the others. No mark is empty: a size of 0 is null.
The guard script compares the first twelve bytes: they must stay where they are.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from millpond.plan.errors import MillpondError
from millpond.plan.model import ViewPlan
from millpond.plan.partials import MARKED, Partial

Records: TypeAlias = npt.NDArray[np.void]
"""Structured: `records["tile"]`, `records["nulls"]`, one column a partial; a wide one has `["lo"]` and `["hi"]`.

Where a view has marks, `records["sizes"]` has a column for each: see `RecordLayout.ends`.
"""

HEADER: Final = ("tile", "n", "first", "last")
HEADER_BYTES: Final = 16
MAX_NULLABLE: Final = 64
_NARROW_DIGITS: Final = 18  # of a decimal that fits 64 bits
_U32: Final = 2**32
_WIDE: Final = np.dtype([("lo", "<u8"), ("hi", "<i8")])
_NARROW: Final[dict[str, np.dtype[Any]]] = {
    "int": np.dtype("<i8"),
    "timestamp": np.dtype("<i8"),
    "decimal": np.dtype("<i8"),
    "double": np.dtype("<f8"),
}
_NULLABLE: Final = frozenset({"min", "max"})


def _dtype_of(partial: Partial) -> np.dtype[Any]:
    if partial.function == "count":
        return np.dtype("<u4")
    if partial.type.kind == "decimal" and partial.type.precision > _NARROW_DIGITS:
        return _WIDE
    if partial.type.kind in _NARROW:
        return _NARROW[partial.type.kind]
    raise MillpondError(
        f"a partial of type {partial.type} has no place in a record",
        where=partial.name,
        mend="compile the pool with this version of Millpond",
    )


class Column(NamedTuple):
    """Numbers to be packed, one a row: decimals unscaled, 0 where a row is null.

    Attributes:
        values: int64 or float64; of integers of 128 bits the lower 64.
        nulls: which rows are null; None where none is.
        high: the upper 64 bits of integers of 128; None where `values` is all.
    """

    values: npt.NDArray[Any]
    nulls: npt.NDArray[np.bool_] | None
    high: npt.NDArray[np.int64] | None = None

    def take(self, rows: npt.NDArray[Any]) -> "Column":
        """Some of the rows."""
        nulls = None if self.nulls is None else self.nulls[rows]
        return Column(self.values[rows], nulls, None if self.high is None else self.high[rows])


class Texts(NamedTuple):
    """Marks to be packed, one a row, as UTF-8; None where a row has none."""

    values: list[bytes | None]

    def take(self, rows: npt.NDArray[Any]) -> "Texts":
        """Some of the rows."""
        return Texts([self.values[row] for row in rows.tolist()])


class RecordLayout:
    """Where the columns of a view's tiles lie in a record.

    Attributes:
        size: bytes of a record before its marks.
        dtype: of a decoded record, without its marks.
        marks: the names of the view's marks, in its order.
        partials: the view's partials, in its order.
        nullable: the partials that may be null, in the order of their bits.
        is_strip: all records have one length, and lie in strips (strip.py) instead of hashes.
    """

    def __init__(self, partials: Sequence[Partial]) -> None:
        self.partials = tuple(partials)
        self.nullable = tuple(p.name for p in self.partials if p.function in _NULLABLE)
        if len(self.nullable) > MAX_NULLABLE:
            raise MillpondError(
                f"{len(self.nullable)} min and max partials in one view; a record marks {MAX_NULLABLE}",
                mend="split the view in two",
            )
        fields: list[tuple[Any, ...]] = [(name, "<u4") for name in HEADER]
        if self.nullable:
            width = next(w for w in (1, 2, 4, 8) if len(self.nullable) <= 8 * w)
            fields.append(("nulls", f"<u{width}"))
        self.marks = tuple(p.name for p in self.partials if p.function in MARKED)
        fields += [(p.name, _dtype_of(p)) for p in self.partials if p.function not in MARKED]
        if self.marks:
            fields.append(("sizes", "<u4", (len(self.marks),)))
        self.dtype: np.dtype[np.void] = np.dtype(fields)
        self.size = self.dtype.itemsize
        self.is_strip = not self.marks
        self._bits = {name: 1 << bit for bit, name in enumerate(self.nullable)}
        self._wide = tuple(name for name, dtype, *_ in fields if dtype == _WIDE)

    @classmethod
    def of(cls, view: ViewPlan) -> "RecordLayout":
        """The layout of a view: the same for every level and for the lifetime, and without the events that are kept."""
        return cls(view.recorded)

    def pack(self, columns: Mapping[str, "Column | Texts"]) -> list[bytes]:
        """Records from columns, row by row in their order.

        Args:
            columns: HEADER's and one for each partial.

        Raises:
            OverflowError: a number does not fit its field.
            TypeError: null in a column that cannot be null.
            ValueError: a mark is empty.
        """
        rows = len(columns["tile"].values)
        records = np.zeros(rows, self.dtype)
        marks: list[Texts] = []
        for name in HEADER:
            records[name] = _within_u32(name, _numbers(columns[name]))
        for partial in self.partials:
            name, column = partial.name, columns[partial.name]
            if isinstance(column, Texts):
                records["sizes"][:, len(marks)] = _sizes(name, column)
                marks.append(column)
                continue
            if column.nulls is not None and column.nulls.any():
                bit = self._bits.get(name)
                if bit is None:
                    raise TypeError(f"{name} is null")
                records["nulls"] |= np.where(column.nulls, bit, 0).astype(self.dtype["nulls"])
            if name in self._wide:
                records[name]["lo"] = column.values.view(np.uint64)
                records[name]["hi"] = column.values >> 63 if column.high is None else column.high
            elif partial.function == "count":
                records[name] = _within_u32(name, column)
            else:
                records[name] = _within_64_bits(name, column)
        blob, size = records.tobytes(), self.size
        packed = [blob[at : at + size] for at in range(0, rows * size, size)]
        for texts in marks:
            packed = [record + (text or b"") for record, text in zip(packed, texts.values, strict=True)]
        return packed

    def decode(self, records: Sequence[bytes]) -> Records:
        """Records read back as one structured array, in their order.

        Raises:
            MillpondError: the bytes are not records of this layout.
        """
        blob = b"".join([record[: self.size] for record in records]) if self.marks else b"".join(records)
        if len(blob) != len(records) * self.size:
            raise _of_another_layout(f"{len(records)} records take {len(blob)} bytes where each takes {self.size}")
        return np.frombuffer(blob, self.dtype)

    def numbers(self, records: Records, name: str) -> list[Any]:
        """A column as Python's numbers, decimals unscaled; None where one is null."""
        column = records[name]
        numbers: list[Any] = wide_integers(column) if self.is_wide(name) else column.tolist()
        if name not in self.nullable:
            return numbers
        nulls = (records["nulls"] & self.bit(name)).tolist()
        return [None if null else number for number, null in zip(numbers, nulls, strict=True)]

    def bit(self, name: str) -> int:
        """The bit of `nulls` that marks a partial as null; KeyError where it cannot be."""
        return self._bits[name]

    def ends(self, records: Sequence[bytes], decoded: Records) -> npt.NDArray[np.int64]:
        """Where the marks of records end in their bytes, a row a record: first the numbers, then each mark.

        Raises:
            MillpondError: the bytes are not records of this layout.
        """
        sizes = np.empty((len(records), 1 + len(self.marks)), np.int64)
        sizes[:, 0] = self.size
        sizes[:, 1:] = decoded["sizes"]
        ends: npt.NDArray[np.int64] = sizes.cumsum(axis=1)
        if ends[:, -1].tolist() != list(map(len, records)):
            raise _of_another_layout("the sizes of a record's marks are not those of its bytes")
        return ends

    def marks_of(self, record: bytes) -> dict[str, str | None]:
        """The marks of one record, by name; None where it has none.

        Raises:
            MillpondError: the bytes are not a record of this layout.
        """
        if not self.marks:
            return {}
        (ends,) = self.ends([record], self.decode([record])).tolist()
        texts = [str(record[at:end], "utf-8") or None for at, end in pairwise(ends)]
        return dict(zip(self.marks, texts, strict=True))

    def is_wide(self, name: str) -> bool:
        """True for a partial held in two words."""
        return name in self._wide


def _of_another_layout(what: str) -> MillpondError:
    return MillpondError(what, mend="the store holds what another layout wrote: rebuild it from the tile topics")


def _sizes(name: str, column: Texts) -> list[int]:
    if b"" in column.values:
        raise ValueError(f"{name} has an empty mark")
    return [0 if text is None else len(text) for text in column.values]


def _numbers(column: "Column | Texts") -> Column:
    assert isinstance(column, Column), "only marks are texts"
    return column


def _within_u32(name: str, column: Column) -> npt.NDArray[Any]:
    values = _within_64_bits(name, column)
    if column.nulls is not None and column.nulls.any():
        raise TypeError(f"{name} is null")
    # numpy wraps what it casts: whether it fits is asked first.
    if ((values < 0) | (values >= _U32)).any():
        raise OverflowError(f"{name} is out of range: from {values.min()} to {values.max()}")
    return values


def _within_64_bits(name: str, column: Column) -> npt.NDArray[Any]:
    if column.high is not None and (column.high != column.values >> 63).any():
        raise OverflowError(f"{name} takes more than 64 bits")
    return column.values


def wide_integers(column: npt.NDArray[Any]) -> list[int]:
    """The exact integers of a wide partial's column."""
    return [(hi << 64) + lo for lo, hi in zip(column["lo"].tolist(), column["hi"].tolist(), strict=True)]


def sum_wide(column: npt.NDArray[Any]) -> int:
    """The exact sum of a wide partial's column."""
    low: list[int] = column["lo"].tolist()
    high: list[int] = column["hi"].tolist()
    return sum(low) + (sum(high) << 64)
