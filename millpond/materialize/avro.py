"""Flat Avro records, many at once: each field of all rows is read by a few numpy operations, not row by row.

Reading a row at a time took 13 us (fastavro, decimals as bytes), more than all the rest of a row's way to the store.

    payloads laid end to end    |hdr n first last volume ..|hdr n first last ..|hdr ..
    cursors, one a row               ^                          ^                   ^     all move on by one field

A cursor never passes the end of its row unnoticed: a row that is cut short or has bytes left over is an error.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from millpond.store.records import Column, Texts

AvroSchema: TypeAlias = Any  # JSON: a record is a dict
Ints: TypeAlias = npt.NDArray[np.int64]
Words: TypeAlias = npt.NDArray[np.uint64]

_PADDING: Final = bytes(24)  # two words may be read from any place in a row, its end included
_MARKS: Final = np.uint64(0x8080808080808080)  # of a varint's byte: another one follows
_BITS: Final = ~_MARKS
_ONE: Final = np.uint64(1)
_HEADER_MASK: Final = np.uint64(0xFF_FFFF_FFFF)
HEADER_SIZE: Final = 5  # magic byte and schema id, the Confluent wire format

# How seven bits a byte are closed up, two neighbours at a time: which bits stay, which move, how far.
_CLOSING: Final = tuple(
    (np.uint64(stay), np.uint64(move), np.uint64(by))
    for stay, move, by in (
        (0x007F007F007F007F, 0x7F007F007F007F00, 1),
        (0x00003FFF00003FFF, 0x3FFF00003FFF0000, 2),
        (0x000000000FFFFFFF, 0x0FFFFFFF00000000, 4),
    )
)


class Blob:
    """Payloads laid end to end.

    Attributes:
        data: all bytes.
        start, end: of each payload.
    """

    def __init__(self, payloads: Sequence[bytes | None]) -> None:
        parts = [payload or b"" for payload in payloads]
        self.data = b"".join([*parts, _PADDING])
        sizes = np.fromiter(map(len, parts), np.int64, len(parts))
        self.end: Ints = np.cumsum(sizes)
        self.start: Ints = self.end - sizes
        self.bytes: npt.NDArray[np.uint8] = np.frombuffer(self.data, np.uint8)
        self._words = self._view("<u8")
        self._doubles = self._view("<f8")
        self._reversed = self._view(">u8")

    def _view(self, kind: str) -> npt.NDArray[Any]:
        """Eight bytes from any place, aligned or not."""
        return np.ndarray((len(self.data) - 7,), kind, self.data, strides=(1,))

    def words(self, at: Ints) -> Words:
        """The eight bytes at each place, little-endian."""
        return self._words[at].astype(np.uint64, copy=False)

    def doubles(self, at: Ints) -> npt.NDArray[np.float64]:
        """The double at each place."""
        return self._doubles[at].astype(np.float64, copy=False)

    def signed(self, at: Ints) -> Ints:
        """The eight bytes at each place, big-endian."""
        return self._reversed[at].astype(np.uint64).view(np.int64)


class Slices(NamedTuple):
    """A column of bytes or text: where each row's lies.

    Attributes:
        nulls: which rows are null; None where none is. Their slices are empty.
    """

    blob: Blob
    start: Ints
    size: Ints
    nulls: npt.NDArray[np.bool_] | None = None

    def texts(self) -> list[str]:
        """Each as text; ValueError where it is not UTF-8."""
        return [str(one, "utf-8") for one in self._each()]

    def marks(self) -> Texts:
        """Each as it is; None where it is null."""
        found: list[bytes | None] = [*self._each()]
        if self.nulls is not None:
            for row in np.flatnonzero(self.nulls).tolist():
                found[row] = None
        return Texts(found)

    def _each(self) -> list[bytes]:
        data = self.blob.data
        return [data[at:end] for at, end in zip(self.start.tolist(), (self.start + self.size).tolist(), strict=True)]

    def integers(self) -> Column:
        """Each as an integer, big-endian two's complement as Avro has decimals; OverflowError beyond 128 bits."""
        size = self.size
        if len(size) and size.max() > 16:
            raise OverflowError(f"a decimal of {size.max()} bytes")
        # An arithmetic shift leaves the top bytes of the first word, sign and all; no bytes are 0.
        top = np.where(size > 8, size - 8, size)
        value = self.blob.signed(self.start) >> np.minimum(64 - 8 * top, 63)
        value[size == 0] = 0
        low, high = value, value >> 63
        if (size > 8).any():
            wide = np.flatnonzero(size > 8)
            high[wide] = value[wide]
            low[wide] = self.blob.signed(self.start[wide] + top[wide])
        return Column(low, self.nulls, high)

    def take(self, rows: npt.NDArray[Any]) -> "Slices":
        """Some of the rows."""
        nulls = None if self.nulls is None else self.nulls[rows]
        return Slices(self.blob, self.start[rows], self.size[rows], nulls)


Field: TypeAlias = Column | Slices
_Reader: TypeAlias = Callable[[Blob, Ints], tuple[Field, Ints]]


# --- values: a reader takes cursors, and gives the values and the cursors behind them -------------------------------


def _longs(blob: Blob, at: Ints) -> tuple[Ints, Ints]:
    word = blob.words(at)
    stop = ~word & _MARKS
    # All bits below the lowest mark, which is the top bit of the last byte.
    below = (stop & (~stop + _ONE)) - _ONE
    value = word & below & _BITS
    size = (np.bitwise_count(below).astype(np.int64) + 1) >> 3
    for stay, move, by in _CLOSING:
        value = (value & stay) | ((value & move) >> by)
    if not stop.all():
        far = np.flatnonzero(stop == 0)
        more = blob.words(at[far] + 8)
        ninth, tenth = more & np.uint64(0xFF), (more >> np.uint64(8)) & np.uint64(0xFF)
        last = ninth < 0x80
        if ((tenth > 1) & ~last).any():
            raise ValueError("an integer of more than 64 bits")
        value[far] |= ((ninth & np.uint64(0x7F)) << np.uint64(56)) | (np.where(last, 0, tenth) << np.uint64(63))
        size[far] = np.where(last, 9, 10)
    zigzag = (value >> _ONE) ^ (~(value & _ONE) + _ONE)
    return zigzag.view(np.int64), at + size


def _read_long(blob: Blob, at: Ints) -> tuple[Field, Ints]:
    value, at = _longs(blob, at)
    return Column(value, None), at


def _read_double(blob: Blob, at: Ints) -> tuple[Field, Ints]:
    return Column(blob.doubles(at), None), at + 8


def _read_bytes(blob: Blob, at: Ints) -> tuple[Field, Ints]:
    size, at = _longs(blob, at)
    # As unsigned, a negative length is beyond every blob too; added to a cursor, neither may wrap.
    if (size.view(np.uint64) > len(blob.data)).any():
        raise ValueError("a length beyond the record")
    return Slices(blob, at, size), at + size


_READERS: Final[dict[str, _Reader]] = {
    "int": _read_long,
    "long": _read_long,
    "double": _read_double,
    "bytes": _read_bytes,
    "string": _read_bytes,
}


def _nullable(read: _Reader, null_branch: int) -> _Reader:
    def reader(blob: Blob, at: Ints) -> tuple[Field, Ints]:
        branch = blob.bytes[at]
        if (branch & ~np.uint8(2)).any():
            raise ValueError("no such branch of a union")
        nulls = branch == 2 * null_branch
        at = at + 1
        if not nulls.any():
            return read(blob, at)
        some = np.flatnonzero(~nulls)
        # Where there is no value nothing is read: what lies there is the next field's.
        found, at[some] = read(blob, at[some])
        if isinstance(found, Slices):
            start, size = at.copy(), np.zeros(len(at), np.int64)
            start[some], size[some] = found.start, found.size
            return Slices(blob, start, size, nulls), at
        values = np.zeros(len(at), found.values.dtype)
        values[some] = found.values
        return Column(values, nulls), at

    return reader


# --- records --------------------------------------------------------------------------------------------------------


def _reader_of(kind: AvroSchema) -> _Reader:
    """The reader of a field's type; ValueError where it is not flat."""
    if isinstance(kind, list) and len(kind) == 2 and "null" in kind:
        null_branch = kind.index("null")
        return _nullable(_reader_of(kind[1 - null_branch]), null_branch)
    name = kind["type"] if isinstance(kind, dict) else kind
    if not isinstance(name, str) or name not in _READERS:
        raise ValueError(f"the type {kind}")
    return _READERS[name]


class RecordReader:
    """Reads the rows of one writer schema, a record of flat fields.

    Args:
        schema: the writer schema as JSON; logical types are left to the caller.

    Raises:
        ValueError: a field is not int, long, double, bytes, string, or one of them or null.
    """

    def __init__(self, schema: AvroSchema) -> None:
        self._fields = [(field["name"], _reader_of(field["type"])) for field in schema["fields"]]

    def read(self, blob: Blob, rows: npt.NDArray[np.intp]) -> dict[str, Field]:
        """Every field of some rows of a blob.

        Raises:
            ValueError: a row is cut short, has bytes left over, or is no such record.
        """
        at, end = blob.start[rows] + HEADER_SIZE, blob.end[rows]
        found: dict[str, Field] = {}
        for name, read in self._fields:
            if (at > end).any():
                break
            found[name], at = read(blob, at)
        if (at > end).any():
            raise ValueError("the record is cut short")
        if (at < end).any():
            raise ValueError("bytes are left over")
        return found


def headers(blob: Blob) -> list[tuple[bytes, npt.NDArray[np.intp]]]:
    """The different headers of a blob's payloads, and the rows that have each; a short payload is its own header."""
    words = blob.words(blob.start) & _HEADER_MASK
    short = np.flatnonzero(blob.end - blob.start < HEADER_SIZE)
    if len(short):
        row = short[0]
        return [(blob.data[blob.start[row] : blob.end[row]], short[:1])]
    if len(words) and (words == words[0]).all():
        return [(int(words[0]).to_bytes(8, "little")[:HEADER_SIZE], np.arange(len(words)))]
    return [(int(w).to_bytes(8, "little")[:HEADER_SIZE], np.flatnonzero(words == w)) for w in np.unique(words)]


def joined(parts: Sequence[tuple[npt.NDArray[np.intp], Field]], rows: int) -> Field:
    """One column from the rows of several schemas."""
    if len(parts) == 1:
        return parts[0][1]
    nulls = np.zeros(rows, np.bool_)
    for at, field in parts:
        if field.nulls is not None:
            nulls[at] = field.nulls
    first = parts[0][1]
    if isinstance(first, Slices):
        start, size = np.zeros(rows, np.int64), np.zeros(rows, np.int64)
        for at, field in parts:
            assert isinstance(field, Slices), "schemas of one topic give a field one shape"
            start[at], size[at] = field.start, field.size
        return Slices(first.blob, start, size, nulls)
    values = np.zeros(rows, first.values.dtype)
    for at, field in parts:
        assert isinstance(field, Column), "schemas of one topic give a field one shape"
        values[at] = field.values
    return Column(values, nulls)


def integers(fields: Mapping[str, Field], name: str) -> Ints:
    """A column of integers none of which may be null.

    Raises:
        ValueError: one is.
    """
    column = fields[name]
    if column.nulls is not None and column.nulls.any():
        raise ValueError(f"{name} is null")
    assert isinstance(column, Column), "its schema was checked"
    return column.values
