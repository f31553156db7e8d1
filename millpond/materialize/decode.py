"""Records of a topic as events: Avro in any writer schema that the source can read, refused as a job refuses them.

Other than a job it knows of no record that is beyond its schema's fault: where the source cannot read all that a writer
schema may write, that is an error, and not the loss of some records.
"""

import io
import json
import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import fastavro

from millpond.materialize.writers import check_bounded
from millpond.plan.clock import ms_of
from millpond.plan.errors import MillpondError
from millpond.plan.model import SourcePlan
from millpond.plan.paths import parse, shape_of
from millpond.plan.reader_schema import with_units
from millpond.plan.resolution import differences
from millpond.plan.types import Kind, Type

Json = Any
Decoded = Mapping[str, Any] | str
"""Values by name or by path, or why there are none."""

_HEADER: Final = 5  # magic byte and schema id, the Confluent wire format
_LOGICAL: Final = frozenset({"decimal", "timestamp-millis", "timestamp-micros"})
# What fastavro meets in bytes that are no such record.
_CORRUPT: Final = (
    ValueError,
    IndexError,
    KeyError,
    TypeError,
    OverflowError,
    MemoryError,
    RecursionError,
    ArithmeticError,
)


class _Body(io.BytesIO):
    """Bytes that say where they end: in the middle of a number fastavro takes it for a wrong index."""

    def read(self, size: int | None = -1, /) -> bytes:
        found = super().read(size)
        if size is not None and len(found) < size:
            raise EOFError
        return found


class EventReader:
    """Reads the values of records.

    Args:
        source: whose schema they are read with; without one, as they were written.
        fetch: gives the schema of an id; None where the registry has none.
    """

    def __init__(self, source: SourcePlan | None, fetch: Callable[[int], Json | None]) -> None:
        self._where = "" if source is None else source.topic
        self._fetch = fetch
        self._reader = None if source is None else json.loads(with_units(source))
        self._parsed = None if self._reader is None else fastavro.parse_schema(self._reader)
        self._writers: dict[int, Any] = {}

    def read(self, value: bytes | None) -> Decoded:
        """A record's value: its fields, or why there are none.

        Raises:
            MillpondError: it is written in a schema that the source cannot read.
        """
        if value is None:
            return "null_value"
        if value[:1] != b"\0":
            return "bad_magic"
        if len(value) < _HEADER:
            return "truncated"
        writer = self._writer(int.from_bytes(value[1:_HEADER], "big"))
        if writer is None:
            return "unknown_schema"
        body = _Body(value[_HEADER:])
        try:
            event = fastavro.schemaless_reader(body, writer, self._parsed)
        except EOFError:
            return "truncated"
        except _CORRUPT:
            return "undecodable"
        if body.tell() < len(value) - _HEADER or not isinstance(event, dict):
            return "undecodable"
        return event if _is_finite(event) else "non_finite"

    def _writer(self, number: int) -> Any:
        if number not in self._writers:
            schema = self._fetch(number)
            if schema is not None:
                self._check(number, schema)
                schema = fastavro.parse_schema(_as_read(schema))
            self._writers[number] = schema
        return self._writers[number]

    def _check(self, number: int, schema: Json) -> None:
        try:
            check_bounded(schema)
        except MillpondError as error:
            raise error.at(f"schema {number} of the registry")  # noqa: B904  the same error, with its place
        for difference in () if self._reader is None else differences(self._reader, schema):
            raise MillpondError(
                f"schema {number} of the registry: {difference.what}",
                where=f"{self._where}: {difference.path}",
                mend=difference.mend,
            )


class Decoder:
    """Decodes the records of one source: of each the values at some paths.

    Args:
        paths: the fields that are wanted.
        fetch: gives the schema of an id; None where the registry has none.
    """

    def __init__(self, source: SourcePlan, paths: Iterable[str], fetch: Callable[[int], Json | None]) -> None:
        types = {column.name: column.type for column in source.columns}
        self._paths = {path: (parse(path), types[shape_of(path)]) for path in paths}
        self._reader = EventReader(source, fetch)

    def decode(self, value: bytes | None) -> Decoded:
        """A record's value.

        Raises:
            MillpondError: it is written in a schema that the source cannot read.
        """
        event = self._reader.read(value)
        if isinstance(event, str):
            return event
        try:
            return {path: _taken(event, steps, type) for path, (steps, type) in self._paths.items()}
        except _CORRUPT:
            return "undecodable"


def _as_read(schema: Json) -> Json:
    """A writer schema without the logical types that no source reads.

    fastavro makes of a text that is said to be a UUID one, and so changes how it is written, or refuses it; a job takes
    it for the text that it is.
    """
    match schema:
        case dict():
            is_read = schema.get("logicalType") in _LOGICAL
            return {key: _as_read(value) for key, value in schema.items() if is_read or key != "logicalType"}
        case list():
            return [_as_read(one) for one in schema]
        case _:
            return schema


def _is_finite(value: Any) -> bool:
    match value:
        case float():
            return math.isfinite(value)
        case dict():
            return all(map(_is_finite, value.values()))
        case list():
            return all(map(_is_finite, value))
        case _:
            return True


def _taken(value: Any, steps: Iterable[str], type: Type) -> Any:
    for step in steps:
        if value is None:
            return None
        value = value.get(step)
    return None if value is None else _TAKE[type.kind](value, type)


def _decimal(value: Decimal, type: Type) -> Decimal:
    if value and value.adjusted() >= type.precision - type.scale:
        raise ValueError(f"{value} is not of {type}")
    return value


def _instant(value: datetime, _type: Type) -> int:
    return ms_of(value)


_TAKE: Final[Mapping[Kind, Callable[[Any, Type], Any]]] = {
    "int": lambda value, _: int(value),
    "decimal": _decimal,
    "double": lambda value, _: float(value),
    "string": lambda value, _: str(value),
    "boolean": lambda value, _: bool(value),
    "timestamp": _instant,
}
