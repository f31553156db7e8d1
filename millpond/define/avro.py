"""An Avro schema read as typed columns: which fields Millpond reads, and why it does not read the others.

Avro                                        column
string (also uuid), enum                    string
int, long                                   int
long timestamp-millis, timestamp-micros     timestamp
bytes decimal(p,s)                          decimal(p,s)
float, double                               double
boolean                                     boolean
["null", T]                                 T, may be null
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from millpond.plan.errors import DefinitionError, PlanError
from millpond.plan.model import Column
from millpond.plan.names import did_you_mean
from millpond.plan.types import BOOLEAN, DOUBLE, INT, STRING, TIMESTAMP, Type

Json = Any
PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")


@dataclass(frozen=True, kw_only=True)
class SourceSchema:
    """A source's fields.

    Args:
        reader: the reader schema as compact Avro JSON: readable fields only, int as long and float as double (both
            promoted when Avro resolves them), timestamps as plain longs, without docs.
        columns: the readable fields, in order.
        micros: the timestamps whose raw long is in microseconds.
        unreadable: the other fields, each with the reason.
    """

    reader: str
    columns: tuple[Column, ...]
    micros: tuple[str, ...]
    unreadable: MappingProxyType[str, str]

    @property
    def types(self) -> dict[str, Type]:
        """The type of each readable field."""
        return {column.name: column.type for column in self.columns}

    def type_of(self, name: str) -> Type:
        """The type of a field.

        Raises:
            DefinitionError: there is no such field, or none that can be read.
        """
        if name in self.unreadable:
            raise DefinitionError(
                f"the field {name!r} cannot be read: {self.unreadable[name]}",
                mend="name another field; " + did_you_mean("", self.types),
            )
        if name not in self.types:
            raise DefinitionError(f"there is no field {name!r}", mend=did_you_mean(name, self.types))
        return self.types[name]


class _Unreadable(Exception):
    """A field has no place among the value types."""


@dataclass(frozen=True, kw_only=True)
class _Field:
    reader: Json
    type: Type
    micros: bool = False


def read_schema(path: Path) -> SourceSchema:
    """The columns of an Avro record schema.

    Raises:
        DefinitionError: the file is missing, or is not such a schema.
    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as cause:
        raise DefinitionError("there is no such schema file", mend="write its path from the project's root") from cause
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as cause:
        raise DefinitionError(f"not an Avro schema in JSON: {cause}", mend="mend the file, or name another") from cause
    return _Reading().record(document)


class _Reading:
    """One pass over a schema; remembers enums, which a later field may refer to by name."""

    def __init__(self) -> None:
        self.named: dict[str, Json] = {}
        self.written: set[str] = set()

    def record(self, document: Json) -> SourceSchema:
        if not isinstance(document, dict) or document.get("type") != "record" or "name" not in document:
            raise DefinitionError(
                "not an Avro record", mend='begin with {"type": "record", "name": ..., "fields": [...]}'
            )
        fields = document.get("fields")
        if not isinstance(fields, list) or not all(
            isinstance(f, dict) and {"name", "type"} <= f.keys() for f in fields
        ):
            raise DefinitionError("the record's fields are not a list of names and types", mend="see the Avro format")
        namespace = document.get("namespace", str(document["name"]).rpartition(".")[0])
        self._remember(document, namespace)
        readers: list[Json] = []
        columns: list[Column] = []
        micros: list[str] = []
        unreadable: dict[str, str] = {}
        for one in fields:
            name = one["name"]
            try:
                found = self._field(one["type"], namespace)
            except _Unreadable as reason:
                unreadable[name] = str(reason)
                continue
            readers.append(
                {"name": name, "type": found.reader} | {k: one[k] for k in ("default", "aliases") if k in one}
            )
            columns.append(Column(name, found.type))
            if found.micros:
                micros.append(name)
        _refuse_twins([column.name for column in columns])
        kept = {k: document[k] for k in ("name", "namespace", "aliases") if k in document}
        return SourceSchema(
            reader=json.dumps({"type": "record", **kept, "fields": readers}, separators=(",", ":")),
            columns=tuple(columns),
            micros=tuple(micros),
            unreadable=MappingProxyType(unreadable),
        )

    def _remember(self, schema: Json, namespace: str) -> None:
        """Note every enum of the schema by its full name, also inside fields that are not read."""
        match schema:
            case list():
                for branch in schema:
                    self._remember(branch, namespace)
            case {"type": kind}:
                inner = schema.get("namespace", namespace)
                if kind == "enum" and "name" in schema:
                    self.named[_full_name(schema["name"], inner)] = schema
                for part in ("items", "values", "type"):
                    if isinstance(schema.get(part), dict | list):
                        self._remember(schema[part], inner)
                for field in schema.get("fields", ()):
                    self._remember(field, inner)
            case _:  # a name
                return

    def _field(self, schema: Json, namespace: str) -> _Field:
        match schema:
            case list():
                return self._union(schema, namespace)
            case str() if schema in PRIMITIVES:
                return _READABLE[schema]({"type": schema})
            case str():
                name = _full_name(schema, namespace)
                if name not in self.named:
                    raise _Unreadable(f"it is a {schema}, which is not a single value")
                return self._enum(self.named[name], name)
            case {"type": "enum", "name": str(name)}:
                return self._enum(schema, _full_name(name, schema.get("namespace", namespace)))
            case {"type": str(kind)} if kind in _READABLE:
                return _READABLE[kind](schema)
            case {"type": str(kind)} if kind in _NESTED:
                raise _Unreadable(f"it is {_NESTED[kind]}, which is not a single value")
            case {"type": inner}:  # {"type": {"type": "string"}}, {"type": ["null", "long"]}, {"type": "Status"}
                return self._field(inner, namespace)
            case _:
                raise DefinitionError(f"{schema!r} is not an Avro type", mend="see the Avro format")

    def _union(self, branches: list[Json], namespace: str) -> _Field:
        values = [b for b in branches if b not in ("null", {"type": "null"})]
        if len(values) != 1 or len(branches) > 2:
            raise _Unreadable("it is a union of several types")
        found = self._field(values[0], namespace)
        reader = [found.reader if b is values[0] else "null" for b in branches]
        return _Field(reader=reader, type=found.type, micros=found.micros)

    def _enum(self, schema: Json, name: str) -> _Field:
        if name in self.written:  # Avro defines a name once and refers to it afterwards
            return _Field(reader=name, type=STRING)
        self.written.add(name)
        space, _, short = name.rpartition(".")
        kept = {k: schema[k] for k in ("symbols", "default", "aliases") if k in schema}
        return _Field(reader={"type": "enum", "name": short, "namespace": space, **kept}, type=STRING)


def _full_name(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _refuse_twins(names: list[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        twin = seen.setdefault(name.lower(), name)
        if twin != name:  # DuckDB does not tell them apart
            raise DefinitionError(
                f"the fields {twin!r} and {name!r} differ only in case",
                mend="rename one of them (Avro aliases keep old data readable)",
            )


# --- single values --------------------------------------------------------------------------------------------------


def _plain(reader: str, type: Type) -> Callable[[Json], _Field]:
    def read(schema: Json) -> _Field:
        return _Field(reader=reader, type=type)

    return read


def _int(schema: Json) -> _Field:
    if (logical := schema.get("logicalType")) in _NOT_INSTANTS:
        raise _Unreadable(f"it is {_NOT_INSTANTS[logical]}, which is not an instant")
    return _Field(reader="long", type=INT)


def _long(schema: Json) -> _Field:
    match schema.get("logicalType"):
        case "timestamp-millis":
            return _Field(reader="long", type=TIMESTAMP)
        case "timestamp-micros":
            return _Field(reader="long", type=TIMESTAMP, micros=True)
        case _:  # Avro reads a long of an unknown logical type as a long
            return _int(schema)


def _bytes(schema: Json) -> _Field:
    if schema.get("logicalType") != "decimal":
        raise _Unreadable("it is bytes, which is not a value to compute with")
    precision, scale = schema.get("precision"), schema.get("scale", 0)
    try:
        type = Type.parse(f"decimal({precision},{scale})")
    except PlanError as cause:
        raise _Unreadable(f"it is decimal({precision},{scale}); 1 to 38 digits are held") from cause
    reader = {"type": "bytes", "logicalType": "decimal", "precision": type.precision, "scale": type.scale}
    return _Field(reader=reader, type=type)


def _null(schema: Json) -> _Field:
    raise _Unreadable("it is always null")


_READABLE: Final[dict[str, Callable[[Json], _Field]]] = {
    "null": _null,
    "boolean": _plain("boolean", BOOLEAN),
    "int": _int,
    "long": _long,
    "float": _plain("double", DOUBLE),
    "double": _plain("double", DOUBLE),
    "bytes": _bytes,
    "string": _plain("string", STRING),
}
_NESTED: Final = {"array": "an array", "map": "a map", "record": "a record", "fixed": "a fixed"}
_NOT_INSTANTS: Final = {
    "date": "a date",
    "time-millis": "a time of day",
    "time-micros": "a time of day",
    "timestamp-nanos": "a timestamp in nanoseconds",
    "local-timestamp-millis": "a local timestamp",
    "local-timestamp-micros": "a local timestamp",
    "local-timestamp-nanos": "a local timestamp",
}
