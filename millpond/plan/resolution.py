"""Whether what a writer schema writes can be read with a reader schema, every record of it and as the same values.

`jobs/java/millpond/Resolution.java` and Avro decide of records that have come; this says before any is written what
they would refuse: also what only some records of the schema would meet, such as a symbol that the reader does not know.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from millpond.plan.reader_schema import MICROS, MILLIS

Json = Any
ANOTHER: Final = "or read what the producer writes now as a source of its own, with its own topic"


@dataclass(frozen=True)
class Difference:
    """One thing that a writer writes and a reader cannot read.

    Attributes:
        path: where in the event; empty for the event itself.
        what: in one sentence.
        mend: what to do about it.
    """

    path: str
    what: str
    mend: str


def differences(reader: Json, writer: Json, referred: Mapping[str, Json] | None = None) -> list[Difference]:
    """Everything of a writer schema that a reader schema cannot read.

    Args:
        reader: with the units of its timestamps (see `reader_schema.with_units`).
        writer: as registered.
        referred: the types it refers to, by full name.
    """
    resolving = _Resolving(named_types(reader), {**(referred or {}), **named_types(writer)})
    return list(resolving.schema(reader, writer, "", ""))


def named_types(schema: Json, space: str = "") -> dict[str, Json]:
    """Every named type in a schema by its full name, which is written out in it.

    Args:
        space: the namespace that the schema stands in.
    """
    match schema:
        case list():
            return {name: one for branch in schema for name, one in named_types(branch, space).items()}
        case {"type": "record" | "enum" | "fixed" as kind, "name": str(name)}:
            full = _full_name(name, schema.get("namespace", space))
            inner = full.rpartition(".")[0]
            found = {full: {**schema, "name": full, "namespace": inner}}
            for field in schema["fields"] if kind == "record" else ():
                found |= named_types(field["type"], inner)
            return found
        case {"type": "array", "items": inner} | {"type": "map", "values": inner}:
            return named_types(inner, space)
        case {"type": dict() | list() as inner}:
            return named_types(inner, space)
        case _:  # a primitive, or a name
            return {}


def _full_name(name: str, space: str) -> str:
    return name if "." in name or not space else f"{space}.{name}"


class _Resolving:
    """One comparison of a reader schema with a writer schema.

    Args:
        readers, writers: the types that each defines, by full name.
    """

    def __init__(self, readers: Mapping[str, Json], writers: Mapping[str, Json]) -> None:
        self.readers = readers
        self.writers = writers

    def schema(
        self, reader: Json, writer: Json, space: str, path: str, *, in_union: bool = False
    ) -> Iterator[Difference]:
        """Whatever of `writer` cannot be read as `reader`.

        Args:
            space: the namespace that `writer` stands in.
            in_union: `reader` is the value of a union with null.
        """
        reader, writer = _spelt(reader, self.readers, ""), _spelt(writer, self.writers, space)
        if isinstance(writer, list):
            records = [one for one in (_spelt(b, self.writers, space) for b in writer) if one["type"] == "record"]
            if len(records) > 1:
                yield Difference(
                    path, f"it may be {' or '.join(map(_shown, records))}, and is read as one", _ONE_RECORD
                )
            for branch in writer:
                yield from self.schema(reader, branch, space, path, in_union=in_union)
        elif isinstance(reader, list):
            if writer["type"] != "null":
                (value,) = [branch for branch in reader if branch != "null"]
                yield from self.schema(value, writer, space, path, in_union=True)
        elif writer["type"] == "null":
            yield Difference(path, "it may be null, and the source reads it as never null", _NULLABLE)
        elif not _alike(reader, writer, in_union=in_union):
            yield _mismatch(path, reader, writer)
        else:
            match reader["type"]:
                case "record":
                    yield from self._record(reader, writer, path)
                case "map":
                    yield from self.schema(reader["values"], writer["values"], space, f"{path}[]")
                case "enum":
                    yield from _enum(reader, writer, path)
                case _:  # a single value, of a type that is listed
                    yield from _leaf(reader, writer, path)

    def _record(self, reader: Json, writer: Json, path: str) -> Iterator[Difference]:
        renamed = _renamed(reader, writer)
        written: dict[str, Json] = {}
        for field in writer["fields"]:
            name = renamed.get(field["name"], field["name"])
            if name in written:
                yield Difference(
                    _below(path, name),
                    f"it is written twice: as {written[name]['name']!r} and as {field['name']!r}, which the source's "
                    "schema takes for the same",
                    "take the alias out of the source's schema once no old record is left",
                )
            written.setdefault(name, field)
        for field in reader["fields"]:
            here = _below(path, field["name"])
            under_alias = [alias for alias in field.get("aliases", ()) if alias in written]
            if field["name"] in written:
                yield from self.schema(field["type"], written[field["name"]]["type"], writer["namespace"], here)
            elif under_alias:
                yield Difference(
                    here,
                    f"it is written as {under_alias[0]!r} in {_shown(writer)}, and aliases of fields hold between "
                    f"records of one name, {_shown(reader)}",
                    f"give the source's record the alias {writer['name']!r}, or let the producer keep its name",
                )
            elif "default" not in field:
                yield Difference(here, "it is missing, and the source's schema gives no default", _DEFAULT)


def _alike(reader: Json, writer: Json, *, in_union: bool) -> bool:
    """Whether the two are of one kind, and enums of one name. Of records Avro compares no names."""
    if "enum" == reader["type"] == writer["type"]:
        names = (reader["name"], *_aliases(reader))
        # Outside of unions the last part of an enum's name is enough.
        short = [name.rpartition(".")[2] for name in names]
        return writer["name"] in names or (not in_union and writer["name"].rpartition(".")[2] in short)
    return reader["type"] not in ("record", "map", "enum") or reader["type"] == writer["type"]


def _enum(reader: Json, writer: Json, path: str) -> Iterator[Difference]:
    unknown = [symbol for symbol in writer["symbols"] if symbol not in reader["symbols"]]
    if unknown and "default" not in reader:
        yield Difference(
            path,
            f"it may be {', '.join(unknown)}, which the source's schema does not know, and it has no default",
            f"add {', '.join(unknown)} to the symbols in the source's schema, or a default symbol",
        )


def _spelt(schema: Json, named: Mapping[str, Json], space: str) -> Json:
    """A type as a union or with its `type` and full name, whatever way it is written."""
    match schema:
        case list():
            return schema
        case str() if (full := _full_name(schema, space)) in named:
            return named[full]
        case str():
            return {"type": schema}
        case {"type": "record" | "enum" | "fixed", "name": str(name)}:
            return named[_full_name(name, schema.get("namespace", space))]
        case {"type": dict() | list() as inner}:
            return _spelt(inner, named, space)
        case {"type": str(name)} if _full_name(name, space) in named:
            return named[_full_name(name, space)]
        case _:
            return schema


def _aliases(schema: Json) -> list[str]:
    return [_full_name(alias, schema["namespace"]) for alias in schema.get("aliases", ())]


def _renamed(reader: Json, writer: Json) -> dict[str, str]:
    """What the reader calls a writer's fields: Avro takes aliases of fields only between records of one name."""
    if writer["name"] not in (reader["name"], *_aliases(reader)):
        return {}
    return {alias: field["name"] for field in reader["fields"] for alias in field.get("aliases", ())}


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


# --- single values --------------------------------------------------------------------------------------------------

_PROMOTED: Final[dict[str, tuple[str, ...]]] = {
    "boolean": ("boolean",),
    "long": ("int", "long"),
    "double": ("int", "long", "float", "double"),
    "string": ("string",),  # of bytes Avro would make text, whatever they are
}
_INSTANTS: Final = (MILLIS, MICROS)  # converted into each other


def _leaf(reader: Json, writer: Json, path: str) -> Iterator[Difference]:
    logical, written = reader.get("logicalType"), writer.get("logicalType")
    if logical == "decimal":
        yield from _decimal(reader, writer, path)
    elif logical in _INSTANTS:
        if writer["type"] != "long" or written not in _INSTANTS:
            yield Difference(
                path,
                f"it is {_shown(writer)}, and the source reads a timestamp: nothing says in which unit it is written",
                f'write it as {{"type": "long", "logicalType": "{logical}"}}, {ANOTHER}',
            )
    elif writer["type"] not in _PROMOTED[reader["type"]]:
        yield _mismatch(path, reader, writer)


def _decimal(reader: Json, writer: Json, path: str) -> Iterator[Difference]:
    if writer["type"] != "bytes" or writer.get("logicalType") != "decimal":
        yield _mismatch(path, reader, writer)
        return
    scale, wide = reader["scale"], writer.get("scale", 0)
    if wide > scale or writer["precision"] - wide > reader["precision"] - scale:
        yield Difference(
            path,
            f"it is {_shown(writer)}, which may have digits that {_shown(reader)} does not hold",
            f"widen it in the source's schema (and raise the version of the views that read it), {ANOTHER}",
        )


_ONE_RECORD: Final = "let the producer write one record with the fields of both, those that may be missing as null"
_NULLABLE: Final = 'write ["null", …] in the source\'s schema, or let the producer keep it from being null'
_DEFAULT: Final = "give it a default in the source's schema, or let the producer write it"


def _mismatch(path: str, reader: Json, writer: Json) -> Difference:
    return Difference(
        path,
        f"it is {_shown(writer)}, and the source reads {_shown(reader)}",
        f"let the producer write it as before, {ANOTHER}",
    )


def _shown(schema: Json) -> str:
    match schema:
        case {"logicalType": "decimal"}:
            return f"decimal({schema.get('precision')},{schema.get('scale', 0)})"
        case {"type": "record" | "enum" | "fixed" as kind, "name": name}:
            return f"{kind} {name}"
        case {"type": kind, "logicalType": logical}:
            return f"{kind} {logical}"
        case {"type": kind}:
            return str(kind)
        case _:
            return str(schema)
