"""Which fields an event has, level by level, and how a path to one of them is checked.

    _.amount    _.customer.address.country    _.attributes["channel"]    _.parts["left"].weight

A path leads to a single value. Through a record that is null, and to a key that a map lacks, it leads to null; so it
does to a place that a feature's list does not have, and to a key that its counts lack.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import ibis.expr.types as ir

from millpond.plan.errors import DefinitionError
from millpond.plan.model import SourcePlan
from millpond.plan.names import did_you_mean
from millpond.plan.paths import EACH, Key, Path, Position, parse, text_of
from millpond.plan.types import INT, Type

LONGEST_PATH: Final = 256  # in UTF-16: Flink's parser takes no longer name of a column


@dataclass(frozen=True)
class Value:
    """A single value; of a feature also several of one type.

    Attributes:
        micros: a timestamp whose raw long is in microseconds.
        doc: what its schema says of it, as of every node.
    """

    type: Type
    micros: bool = False
    nullable: bool = False
    doc: str = ""

    @property
    def one(self) -> "Value":
        """One of several: a place of a list, or how often a value was counted."""
        return Value(INT if self.type.many == "counts" else self.type.one, nullable=True)

    @property
    def example(self) -> str:
        """How one of several is named."""
        return '["some_value"]' if self.type.many == "counts" and self.type.kind == "string" else "[0]"


@dataclass(frozen=True)
class Record:
    """Fields by name."""

    fields: Mapping[str, "Node"]
    nullable: bool = False
    doc: str = ""

    @property
    def known(self) -> tuple[str, ...]:
        """The names of those that can be read, or have something in them that can."""
        return tuple(name for name, node in self.fields.items() if not isinstance(node, Unreadable))


@dataclass(frozen=True)
class MapOf:
    """Values of one kind by keys that are texts."""

    values: "Node"
    nullable: bool = False
    doc: str = ""


@dataclass(frozen=True)
class Unreadable:
    """What has no place among the value types.

    Attributes:
        mend: what to do; empty where another field is all there is to name.
    """

    reason: str
    mend: str = ""
    nullable: bool = False
    doc: str = ""


Node = Value | Record | MapOf | Unreadable


def leaves(node: Node, shape: str = "") -> Iterator[tuple[str, Value | Unreadable]]:
    """Every value of an event by its shape, in order, also those that cannot be read."""
    match node:
        case Value() | Unreadable():
            yield shape, node
        case Record(fields=fields):
            for name, inner in fields.items():
                yield from leaves(inner, f"{shape}.{name}" if shape else name)
        case MapOf(values=values):
            yield from leaves(values, shape + EACH)


def doc_of(root: Record, path: Path) -> str:
    """What a schema says of the value at a path; of a map's value, what it says of the map. Empty where nothing."""
    node: Node = root
    for step in path:
        match node:
            case Record(fields=fields):
                node = fields[step]
            case MapOf(values=values, doc=doc):
                node = replace(values, doc=values.doc or doc)
            case Value() | Unreadable():
                raise AssertionError(f"{text_of(path)} was bound when the pool was compiled")
    return node.doc


def of_source(source: SourcePlan) -> Record:
    """The fields a Plan's source has: what its reader schema holds, typed by its columns."""
    types = {column.name: column.type for column in source.columns}
    return _OfSource(types, source.micros).record(json.loads(source.schema), "")


class _OfSource:
    """One pass over a reader schema."""

    def __init__(self, types: Mapping[str, Type], micros: Sequence[str]) -> None:
        self.types = types
        self.micros = micros
        self.records: dict[str, Any] = {}

    def record(self, schema: Any, shape: str) -> Record:
        fields = {
            f["name"]: self.node(f["type"], f"{shape}.{f['name']}" if shape else f["name"]) for f in schema["fields"]
        }
        return Record(fields)

    def node(self, schema: Any, shape: str) -> Value | Record | MapOf:
        match schema:
            case list():
                (value,) = [branch for branch in schema if branch != "null"]
                return replace(self.node(value, shape), nullable=True)
            case {"type": "record"}:
                self.records[f"{schema['namespace']}.{schema['name']}".removeprefix(".")] = schema
                return self.record(schema, shape)
            case {"type": "map"}:
                return MapOf(self.node(schema["values"], shape + EACH))
            case str() if schema in self.records:
                return self.record(self.records[schema], shape)
            case _:
                return Value(self.types[shape], shape in self.micros)


@dataclass(frozen=True)
class Step:
    """A step as an author wrote it: `.name`, or `[key]`.

    Attributes:
        name: None for a key that is not a constant text.
        in_text: part of a text, where no name can be mistaken for a method of ibis.
        at: a key that is a whole number.
    """

    name: str | None
    written: str
    in_text: bool = False
    at: int | None = None

    @property
    def is_item(self) -> bool:
        """Written in brackets."""
        return self.written.startswith("[")


def item(key: str) -> str:
    """A key in brackets, as it is written."""
    return f"[{json.dumps(key, ensure_ascii=False)}]"


def value_at(root: Record, text: str) -> Value:
    """The value a path's text leads to.

    Raises:
        DefinitionError: it leads to none.
    """
    steps = [_as_written(step) for step in parse(text)]
    path, value = follow(root, steps)
    if len(path) < len(steps):
        raise DefinitionError(
            f"{text_of(path)!r} is a single value, and has no {steps[len(path)].name!r} in it",
            mend=f"name {text_of(path)!r}",
        )
    return value


def _as_written(step: str) -> Step:
    match step:
        case Position():
            return Step(None, f"[{step}]", in_text=True, at=int(step))
        case Key():
            return Step(step, item(step), in_text=True)
        case _:
            return Step(step, f".{step}", in_text=True)


def follow(root: Record, steps: Sequence[Step]) -> tuple[Path, Value]:
    """The value that steps lead to, and its path; steps past it are what is done with the value.

    Raises:
        DefinitionError: an unknown or unreadable field, a record or map as a whole, a map without a key, or a method
            of ibis where a field is meant.
    """
    node: Node = root
    path: Path = ()
    written = "_"
    for step in steps:
        match node:
            case Record():
                node = _field(node, step, path, written)
                path = (*path, str(step.name))
            case MapOf():
                path = (*path, _key(step, path, written))
                node = node.values
            case Value(type=Type(many=str())):
                path = (*path, _one_of(node, step, path, written))
                node = node.one
            case Value() | Unreadable():
                break
        written += step.written
    match node:
        case Value(type=Type(many=str())):
            raise DefinitionError(
                f"{written} is {node.type}, not a single value", mend=f"name one of its values: {written}{node.example}"
            )
        case Value():
            if (length := len(text_of(path).encode("utf-16-le")) // 2) > LONGEST_PATH:
                raise DefinitionError(
                    f"the path {text_of(path)[:40]}… has {length} characters",
                    mend=f"Flink takes {LONGEST_PATH}: name a shorter key, or have a field of its own written",
                )
            return path, node
        case Unreadable():
            raise DefinitionError(
                f"the field {text_of(path)!r} cannot be read: {node.reason}",
                mend=node.mend or "name another field; " + did_you_mean("", _level(root, path[:-1])),
            )
        case Record():
            raise DefinitionError(
                f"{written} is a record, not a value" if path else "_ alone is the whole event",
                mend=f"write a field of it, such as {written}.{_plain_name(node)}",
            )
        case MapOf():
            raise DefinitionError(
                f"{written} is a map, not a value", mend=f'name one of its keys: {written}["some_key"]'
            )


def _plain_name(record: Record) -> str:
    """A field that can be written behind a dot; the first where none can."""
    names = [name for name in record.known if not is_method(name) and not is_method(name, ir.StructColumn)]
    return [*names, *record.known][0]


def _level(root: Record, path: Path) -> tuple[str, ...]:
    """The names that are known where a path leads."""
    node: Node = root
    for step in path:
        match node:
            case Record():
                node = node.fields[step]
            case MapOf():
                node = node.values
            case Value() | Unreadable():
                return ()
    return node.known if isinstance(node, Record) else ()


def is_method(name: str, of: type = ir.Table) -> bool:
    """True where `_.name` would give an ibis method, not a field."""
    return hasattr(of, name)


def _field(record: Record, step: Step, path: Path, written: str) -> Node:
    name = step.name
    if name is None:
        raise DefinitionError(
            f"{written}{step.written} takes a field not by its name", mend=f'write {written}["{_plain_name(record)}"]'
        )
    known = name in record.fields
    if not (step.is_item or step.in_text) and is_method(name, ir.StructColumn if path else ir.Table):
        if known and not isinstance(record.fields[name], Unreadable):
            raise DefinitionError(
                f"{written}.{name} is a method of ibis, not the field", mend=f'write {written}["{name}"]'
            )
        if not known:
            raise DefinitionError(
                f"{written}.{name} is a method of ibis, and there is no field {text_of((*path, name))!r}",
                mend=f"{written} is a record; write {written}.{_plain_name(record)}.{name}"
                if path
                else "an expression is about one event; aggregate with Count, Sum, Mean, Min or Max",
            )
    if not known:
        of = f" in {text_of(path)}" if path else ""
        raise DefinitionError(f"there is no field {name!r}{of}", mend=did_you_mean(name, record.known))
    return record.fields[name]


def _key(step: Step, path: Path, written: str) -> Key:
    if not step.is_item:
        shown = "some_key" if step.name is None or is_method(step.name, ir.MapColumn) else step.name
        raise DefinitionError(
            f"{written} is a map, and {written}{step.written} is no key of it", mend=f'write {written}["{shown}"]'
        )
    if step.name is None:
        raise DefinitionError(
            f"{written}{step.written} is no key of a map: its keys are texts",
            mend=f'name one in quotes: {written}["some_key"]; no key can be taken from the event itself',
        )
    try:
        step.name.encode()
    except UnicodeEncodeError as cause:
        raise DefinitionError(
            f"the key {step.name!r} of {text_of(path)} is not Unicode", mend="write text that can be encoded as UTF-8"
        ) from cause
    return Key(step.name)


def _one_of(several: Value, step: Step, path: Path, written: str) -> str:
    """The step to one of a feature's values."""
    wanted = (
        "a place of it, from 0" if several.type.many == "list" else f"one of its values, of type {several.type.one}"
    )
    match several.type:
        case Type(many="counts", kind="string") if step.is_item and step.name is not None:
            return _key(step, path, written)
        case Type(many="counts", kind="int") if step.at is not None:
            return Position(step.at)
        case Type(many="list") if step.at is not None and step.at >= 0:
            return Position(step.at)
        case Type(many="counts", kind=kind) if kind not in ("string", "int"):
            raise DefinitionError(
                f"{written} counts values of type {several.type.one}, which no expression can name",
                mend="count those that are meant: Count(where=…)",
            )
        case _:
            raise DefinitionError(
                f"{written} is {several.type}, and {written}{step.written} names none of its values",
                mend=f"name {wanted}: {written}{several.example}",
            )
