"""An Avro schema read as typed columns: which fields Millpond reads, and why it does not read the others.

Avro                                        column
string (also uuid), enum                    string
int, long                                   int
long timestamp-millis, timestamp-micros     timestamp
bytes decimal(p,s)                          decimal(p,s)
float, double                               double
boolean                                     boolean
["null", T]                                 T, may be null
record                                      its fields, each by its path: customer.address.country
map of T                                    T by a constant key: attributes["channel"]; null where there is no such key

An array is not read: how many values it has differs from event to event, and a feature takes one value an event.
"""

import json
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from millpond.define.fields import MapOf, Node, Record, Unreadable, Value, leaves, value_at
from millpond.plan.errors import DefinitionError, PlanError
from millpond.plan.model import Column
from millpond.plan.types import BOOLEAN, DOUBLE, INT, STRING, TIMESTAMP, Type

Json = Any
PRIMITIVES: Final = ("null", "boolean", "int", "long", "float", "double", "bytes", "string")
NAMED: Final = ("record", "enum", "fixed")


@dataclass(frozen=True, kw_only=True)
class SourceSchema:
    """A source's fields.

    Args:
        reader: the reader schema as compact Avro JSON: what can be read only, int as long and float as double (both
            promoted when Avro resolves them), timestamps as plain longs, without docs.
        fields: all fields, level by level.
    """

    reader: str
    fields: Record

    @cached_property
    def _leaves(self) -> tuple[tuple[str, Value | Unreadable], ...]:
        return tuple(leaves(self.fields))

    @property
    def columns(self) -> tuple[Column, ...]:
        """What can be read, in order, by shape: `amount`, `customer.address.country`, `attributes[]`."""
        return tuple(Column(shape, leaf.type) for shape, leaf in self._leaves if isinstance(leaf, Value))

    @property
    def micros(self) -> tuple[str, ...]:
        """The timestamps whose raw long is in microseconds, by shape."""
        return tuple(shape for shape, leaf in self._leaves if isinstance(leaf, Value) and leaf.micros)

    @property
    def unreadable(self) -> dict[str, str]:
        """What cannot be read, by shape, each with the reason."""
        return {shape: leaf.reason for shape, leaf in self._leaves if isinstance(leaf, Unreadable)}

    @property
    def types(self) -> dict[str, Type]:
        """The type of everything that can be read, by shape."""
        return {column.name: column.type for column in self.columns}

    def type_of(self, path: str) -> Type:
        """The type of the value at a path.

        Raises:
            DefinitionError: there is no such field, or none that can be read.
        """
        return value_at(self.fields, path).type


class _Unreadable(Exception):
    """A field has no place among the value types."""

    def __init__(self, reason: str, mend: str = "") -> None:
        super().__init__(reason)
        self.node = Unreadable(reason, mend)


@dataclass(frozen=True, kw_only=True)
class _Field:
    reader: Json
    node: Value | Record | MapOf


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
    return _Reading().source(document)


class _Reading:
    """One pass over a schema.

    Attributes:
        named: records, enums and fixeds by full name: a later field may refer to them. Each with the namespace around.
        parts: which of them stand directly in a record, by its full name.
        written: enums and records that the reader schema defines already; what was found of them.
    """

    def __init__(self) -> None:
        self.named: dict[str, tuple[Json, str]] = {}
        self.parts: defaultdict[str, set[str]] = defaultdict(set)
        self.written: dict[str, Value | Record] = {}

    def source(self, document: Json) -> SourceSchema:
        if not isinstance(document, dict) or document.get("type") != "record" or "name" not in document:
            raise DefinitionError(
                "not an Avro record", mend='begin with {"type": "record", "name": ..., "fields": [...]}'
            )
        name = _full_name(document["name"], document.get("namespace", ""))
        self._remember(document, "", "")
        readers, fields = self._fields(document, name)
        kept = {k: document[k] for k in ("name", "namespace", "aliases") if k in document}
        return SourceSchema(
            reader=json.dumps({"type": "record", **kept, "fields": readers}, separators=(",", ":")),
            fields=Record(fields),
        )

    def _fields(self, document: Json, full_name: str) -> tuple[list[Json], dict[str, Node]]:
        """What is read of a record's fields, and all of them."""
        readers: list[Json] = []
        found: dict[str, Node] = {}
        for one in _listed(document):
            name = one["name"]
            try:
                field = self._field(one["type"], full_name.rpartition(".")[0])
            except _Unreadable as reason:
                found[name] = replace(reason.node, doc=_doc(one))
                continue
            readers.append(
                {"name": name, "type": field.reader} | {k: one[k] for k in ("default", "aliases") if k in one}
            )
            found[name] = replace(field.node, doc=_doc(one))
        _refuse_twins([reader["name"] for reader in readers])
        return readers, found

    def _remember(self, schema: Json, namespace: str, inside: str) -> None:
        """Note every type that has a name, also inside fields that are not read, and what each record holds."""
        match schema:
            case list():
                for branch in schema:
                    self._remember(branch, namespace, inside)
            case {"type": kind, "name": str(name)} if kind in NAMED:
                full_name = _full_name(name, schema.get("namespace", namespace))
                self.named[full_name] = (schema, namespace)
                self.parts[inside].add(full_name)
                for field in _listed(schema) if kind == "record" else ():
                    self._remember(field["type"], full_name.rpartition(".")[0], full_name)
            case {"type": kind}:
                self._remember(schema.get(_INSIDE.get(str(kind), "type")), namespace, inside)
            case str() if schema not in PRIMITIVES:
                self.parts[inside].add(_full_name(schema, namespace))
            case _:
                return

    def _holds_itself(self, full_name: str) -> bool:
        reached: set[str] = set()
        ahead = [full_name]
        while ahead:
            inner = self.parts[ahead.pop()] - reached
            reached |= inner
            ahead += inner
        return full_name in reached

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
                return self._field(*self.named[name])
            case {"type": "enum", "name": str(name)}:
                return self._enum(schema, _full_name(name, schema.get("namespace", namespace)))
            case {"type": "record", "name": str(name)}:
                return self._record(schema, _full_name(name, schema.get("namespace", namespace)))
            case {"type": "map", "values": values}:
                return self._map(values, namespace)
            case {"type": str(kind)} if kind in _READABLE:
                return _READABLE[kind](schema)
            case {"type": "record" | "map" as kind}:
                raise DefinitionError(f"{schema!r} is not a whole {kind}", mend="see the Avro format")
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
        return _Field(reader=reader, node=replace(found.node, nullable=len(branches) > 1))

    def _enum(self, schema: Json, name: str) -> _Field:
        if name in self.written:  # Avro defines a name once and refers to it afterwards
            return _Field(reader=name, node=self.written[name])
        self.written[name] = Value(STRING)
        return _Field(
            reader={"type": "enum", **_split(name), **_kept(schema, "symbols", "default", "aliases")},
            node=self.written[name],
        )

    def _record(self, schema: Json, name: str) -> _Field:
        if self._holds_itself(name):
            raise _Unreadable(f"it is {name}, a record that holds itself: how deep it goes differs from event to event")
        if name in self.written:
            return _Field(reader=name, node=self.written[name])
        readers, fields = self._fields(schema, name)
        if not readers:
            raise _Unreadable(f"it is {name}, a record with nothing in it that can be read")
        self.written[name] = Record(fields)
        return _Field(
            reader={"type": "record", **_split(name), **_kept(schema, "aliases"), "fields": readers},
            node=self.written[name],
        )

    def _map(self, values: Json, namespace: str) -> _Field:
        try:
            found = self._field(values, namespace)
        except _Unreadable as inner:
            raise _Unreadable(
                f"it is a map whose values cannot be read: {inner.node.reason}", inner.node.mend
            ) from inner
        return _Field(reader={"type": "map", "values": found.reader}, node=MapOf(found.node))


def _listed(record: Json) -> list[Json]:
    """A record's fields."""
    fields = record.get("fields")
    if not isinstance(fields, list) or not all(isinstance(f, dict) and {"name", "type"} <= f.keys() for f in fields):
        raise DefinitionError("the record's fields are not a list of names and types", mend="see the Avro format")
    return fields


def _doc(field: Json) -> str:
    doc = field.get("doc", "")
    if not isinstance(doc, str):
        raise DefinitionError(f"the doc of {field['name']!r} is not a text", mend="write it in quotes")
    return doc


def _full_name(name: str, namespace: str) -> str:
    return name if "." in name or not namespace else f"{namespace}.{name}"


def _split(full_name: str) -> dict[str, str]:
    space, _, short = full_name.rpartition(".")
    return {"name": short, "namespace": space}


def _kept(schema: Json, *names: str) -> Json:
    return {name: schema[name] for name in names if name in schema}


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
        return _Field(reader=reader, node=Value(type))

    return read


def _int(schema: Json) -> _Field:
    if (logical := schema.get("logicalType")) in _NOT_INSTANTS:
        raise _Unreadable(f"it is {_NOT_INSTANTS[logical]}, which is not an instant")
    return _Field(reader="long", node=Value(INT))


def _long(schema: Json) -> _Field:
    match schema.get("logicalType"):
        case "timestamp-millis":
            return _Field(reader="long", node=Value(TIMESTAMP))
        case "timestamp-micros":
            return _Field(reader="long", node=Value(TIMESTAMP, micros=True))
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
    return _Field(reader=reader, node=Value(type))


def _null(schema: Json) -> _Field:
    raise _Unreadable("it is always null")


def _array(schema: Json) -> _Field:
    raise _Unreadable(
        "it is an array, and how many values it has differs from event to event",
        "let its producer write what is needed of it as a field of its own, such as the number of its values",
    )


def _fixed(schema: Json) -> _Field:
    raise _Unreadable("it is a fixed, which is not a single value")


_READABLE: Final[dict[str, Callable[[Json], _Field]]] = {
    "null": _null,
    "boolean": _plain("boolean", BOOLEAN),
    "int": _int,
    "long": _long,
    "float": _plain("double", DOUBLE),
    "double": _plain("double", DOUBLE),
    "bytes": _bytes,
    "string": _plain("string", STRING),
    "array": _array,
    "fixed": _fixed,
}
_INSIDE: Final = {"array": "items", "map": "values"}
_NOT_INSTANTS: Final = {
    "date": "a date",
    "time-millis": "a time of day",
    "time-micros": "a time of day",
    "timestamp-nanos": "a timestamp in nanoseconds",
    "local-timestamp-millis": "a local timestamp",
    "local-timestamp-micros": "a local timestamp",
    "local-timestamp-nanos": "a local timestamp",
}
