"""Examples of a view: events in, values out, written in YAML beside it and run by `millpond check`.

    - name: two visits within the hour
      events:
        - {at: 2024-01-01 10:00:00, household_id: h1, sales_value: 1.50}
        - {at: 2024-01-01 10:20:00, household_id: h1, sales_value: 2.00}
      read: {at: 2024-01-01 10:30:00, household_id: h1}
      expect: {spend_1h: 3.50, visits_1h: 2}

`at` is the event time (UTC unless it says its zone). Values are read by their field's type, so money needs no quotes. A
field that is left out is null; it must be written if the view reads it and the schema says it is never null. Records
and maps are written as mappings: `customer: {address: {country: SE}}`, `attributes: {channel: web}`. An event without
an event id is no copy of another, and comes after those of the same instant that stand before it. Events after
`read.at` are not seen. A double is right to nine digits, a quantile to one percent; both may be written as a quotient:
`mean_30d: 10/3`. Several values are a list, `last_amounts_1h: [9.99, 5]`, and counts of values a mapping. `expect` may
name some features; every feature of the view must be expected by at least one example.
"""

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Any, Final, TypeVar

import yaml

from millpond.algebra import values
from millpond.algebra.evaluate import Event, Value
from millpond.algebra.replay import accepted, replay
from millpond.define import fields
from millpond.plan.clock import EPOCH, MILLISECOND, ms_of
from millpond.plan.errors import DefinitionError, MillpondError
from millpond.plan.expr import fields_of
from millpond.plan.model import ViewPlan
from millpond.plan.names import did_you_mean
from millpond.plan.paths import EACH, Key, Path, parse, text_of
from millpond.plan.types import INT, INT_MAX, INT_MIN, STRING, Type

CLOSE: Final = 1e-9  # how far a double may be off, relative: what the product declares
QUANTILE: Final = 0.01  # and how far a quantile
_T = TypeVar("_T")
_PARTS: Final = ("name", "events", "read", "expect")


class WrongExample(DefinitionError):
    """A view does not say what its examples expect, or no example covers it."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """One read after some events.

    Args:
        at: the instant read, ms UTC.
        key: the entity's key columns.
        expect: the features' values, in Python's types.
    """

    name: str
    events: tuple[Event, ...]
    at: int
    key: tuple[Value, ...]
    expect: Mapping[str, values.Value]


def check_examples(view: ViewPlan, text: str, where: str) -> tuple[int, list[MillpondError]]:
    """How many examples a text holds, and everything that is wrong with them.

    Args:
        view: the compiled view they are about.
        text: the YAML.
        where: the file, named in errors.
    """
    errors: list[MillpondError] = []
    found: list[Example] = []
    try:
        written = read_examples(view, text)
    except DefinitionError as error:
        return 0, [error.at(where)]
    for name, example in written:
        if isinstance(example, DefinitionError):
            errors.append(example.at(f"{where}: {name}"))
            continue
        found.append(example)
        errors += [error.at(f"{where}: {name}") for error in run_example(view, example)]
    if not errors:  # an example that cannot be read leaves features uncovered: said once, by its own error
        errors += [error.at(where) for error in _uncovered(view, found)]
    return len(written), errors


def read_examples(view: ViewPlan, text: str) -> list[tuple[str, Example | DefinitionError]]:
    """Each example of a text as it is called in errors, and itself, or why it cannot be read.

    Raises:
        DefinitionError: the text is no list of examples.
    """
    return [(_name(one, number), _readable(view, one, number)) for number, one in enumerate(_parse(text), start=1)]


def _readable(view: ViewPlan, one: Any, number: int) -> Example | DefinitionError:
    try:
        return read_example(view, one, f"example {number}")
    except DefinitionError as error:
        return error


def run_example(view: ViewPlan, example: Example) -> list[MillpondError]:
    """Each feature that is not as expected."""
    got = replay(view, accepted(view, example.events), example.key, example.at)
    return [
        WrongExample(
            f"expected {_shown(wanted)}, got {_shown(got[name])}",
            where=name,
            mend="mend the definition, or what the example expects",
        )
        for name, wanted in example.expect.items()
        if not _same(got[name], wanted, QUANTILE if view.feature(name).aggregation == "quantile" else CLOSE)
    ]


def _uncovered(view: ViewPlan, examples: Iterable[Example]) -> list[MillpondError]:
    covered = {name for example in examples for name in example.expect}
    missing = [name for name in view.feature_names if name not in covered]
    if not missing:
        return []
    return [WrongExample(f"no example expects {', '.join(missing)}", mend="add them under `expect` of an example")]


def _same(got: values.Value, wanted: values.Value, close: float) -> bool:
    if isinstance(got, float) and isinstance(wanted, float):
        return math.isclose(got, wanted, rel_tol=close)
    return got == wanted


def _shown(value: values.Value) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_shown(one)}: {count}' for one, count in value.items())}}}"
    return "null" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


def _name(one: Any, number: int) -> str:
    name = one.get("name") if isinstance(one, dict) else None
    return repr(name) if name else f"example {number}"


# --- reading --------------------------------------------------------------------------------------------------------


class _Texts(yaml.SafeLoader):
    """YAML whose scalars stay text (1.50 keeps its digits) or null, and whose keys stand once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        for i, key in enumerate(keys):
            if key in keys[:i]:
                raise yaml.constructor.ConstructorError(None, None, f"{key!r} stands twice", node.start_mark)
        return super().construct_mapping(node, deep=deep)


_Texts.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in found if tag.endswith((":null", ":merge"))]
    for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _parse(text: str) -> list[Any]:
    try:
        written = _Texts(text).get_single_data()
    except yaml.YAMLError as cause:
        mark = getattr(cause, "problem_mark", None)
        line = f"line {mark.line + 1}: " if mark else ""
        raise DefinitionError(f"{line}{getattr(cause, 'problem', cause)}", mend="mend the YAML") from cause
    if not isinstance(written, list) or not written:
        raise WrongExample("there are no examples", mend="write a list: - name: …, events, read, expect")
    return written


def read_example(view: ViewPlan, one: Any, default_name: str) -> Example:
    """One example, typed by the view.

    Raises:
        DefinitionError: a part, field or feature that is unknown, missing, or not of its type.
    """
    parts = _mapping(one, "an example", _PARTS)
    for part in ("events", "read", "expect"):
        if parts.get(part) is None:
            raise DefinitionError(f"there is no {part!r}", mend="an example has name, events, read and expect")
    if not isinstance(parts["events"], list):
        raise DefinitionError("events are not a list", mend="write one event a line, each after a dash")
    shape = _Fields(view)
    events = []
    for number, event in enumerate(parts["events"], start=1):
        events.append(_at(f"event {number}", lambda event=event, number=number: shape.event(event, number)))  # type: ignore[misc]
    at, key = _at("read", lambda: _read(view, parts["read"]))
    return Example(
        name=parts.get("name") or default_name,
        events=tuple(events),
        at=at,
        key=key,
        expect=_at("expect", lambda: _expected(view, parts["expect"])),
    )


def _at(where: str, work: Callable[[], _T]) -> _T:
    try:
        return work()
    except DefinitionError as error:
        error.at(where)
        raise


def _orders_alone_by_its_id(view: ViewPlan) -> bool:
    """Whether a text is an event's id, and is read for nothing but which of two events of one instant comes first."""
    told = [*view.by]
    for partial in view.partials:
        told += [tree for tree in (partial.value, partial.where, *partial.fields) if tree is not None]
        told += partial.order if partial.function == "tally" else partial.order[:-1]
    types = {column.name: column.type for column in view.source.columns}
    name = view.source.event_id
    return name is not None and types[name] == STRING and all(f.name != name for tree in told for f in fields_of(tree))


class _Fields:
    """How events of a view's source are written."""

    def __init__(self, view: ViewPlan) -> None:
        self.source = view.source
        self.root = fields.of_source(view.source)
        self.read = {self.source.event_time, *view.fields_read}
        if _orders_alone_by_its_id(view):
            self.read.discard(self.source.event_id or "")
        single = [column.name for column in view.source.columns if EACH not in column.name]
        self.names = dict.fromkeys([*single, *sorted(self.read)])
        # A source may have a field `at` that is not its event time; then the event time is written by its own name.
        self.at = self.source.event_time if "at" in self.root.fields else "at"

    def event(self, written: Any, number: int) -> Event:
        given = dict(_mapping(written, "an event", (*self.root.fields, self.at)))
        if self.at in given:
            given = _put(given, parse(self.source.event_time), given.pop(self.at))
        event: dict[str, Value | None] = dict(self.names)
        self._take(event, self.root, given, ())
        if self.source.event_id is not None and not _is_written(given, parse(self.source.event_id)):
            event[self.source.event_id] = f"\0{number:06}"  # unlike any id an author writes, and in their order
        return event

    def _take(self, event: dict[str, Value | None], node: fields.Node, written: Any, path: Path) -> None:
        """Put what is written at a path into the event, which is null at every path before."""
        name = text_of(path)
        if written is None and not node.nullable:
            raise self._never_null(name)
        match node:
            case fields.Value():
                if written is _ABSENT and not node.nullable and name in self.read:
                    raise self._never_null(name)
                event[name] = None if written is _ABSENT else _value(written, node.type, name)
            case fields.Record() if written is _ABSENT and not node.nullable:
                for field in node.known:
                    self._take(event, node.fields[field], _ABSENT, (*path, field))
            case fields.Record() if written is not _ABSENT and written is not None:
                given = _mapping(written, name or "an event", node.known)
                for field in node.known:
                    self._take(event, node.fields[field], given.get(field, _ABSENT), (*path, field))
            case fields.MapOf() if written is not _ABSENT and written is not None:
                for key, value in _mapping(written, name, None).items():
                    self._take(event, node.values, value, (*path, Key(key)))
            case fields.Record() | fields.MapOf() | fields.Unreadable():  # null, and all in it
                return

    def _never_null(self, name: str) -> DefinitionError:
        shown = self.at if name == self.source.event_time else name
        return DefinitionError(f"{shown!r} is never null", mend=f"write the event's {shown}")


class _Absent:
    """What stands where nothing is written; null is written as null."""


_ABSENT: Final = _Absent()


def _put(given: dict[str, Any], path: Path, value: Any) -> dict[str, Any]:
    """What is given, with a value at a path through records."""
    first, *rest = path
    if not rest:
        return {**given, first: value}
    return {**given, first: _put(_mapping(given.get(first) or {}, first, None), tuple(rest), value)}


def _is_written(given: Any, path: Path) -> bool:
    first, *rest = path
    return isinstance(given, dict) and first in given and (not rest or _is_written(given[first], tuple(rest)))


def _read(view: ViewPlan, written: Any) -> tuple[int, tuple[Value, ...]]:
    types = {column.name: column.type for column in view.entity.keys}
    given = _mapping(written, "a read", ("at", *types))
    key = []
    for name in ("at", *types):
        if given.get(name) is None:
            raise DefinitionError(f"there is no {name!r}", mend="write `at` and the key: " + ", ".join(types))
    for name, type in types.items():
        value = _value(given[name], type, name)
        assert value is not None
        key.append(value)
    return _instant(given["at"]), tuple(key)


def _expected(view: ViewPlan, written: Any) -> dict[str, values.Value]:
    types = {feature.name: feature.type for feature in view.features}
    given = _mapping(written, "an expectation", tuple(types))
    return {name: _several(text, types[name], name) for name, text in given.items()}


def _several(written: Any, type: Type, name: str) -> values.Value:
    """A value, a list of values, or values with their counts, as the type is."""
    if type.many is None or written is None:
        return _value(written, type, name)
    if type.many == "list" and isinstance(written, list):
        return tuple(_some(one, type.one, name) for one in written)
    if type.many == "counts" and isinstance(written, dict):
        return {_some(one, type.one, name): int(_some(count, INT, name)) for one, count in written.items()}
    mend = "write [first, second, …]" if type.many == "list" else "write {value: count, …}"
    raise DefinitionError(f"{name}: {written!r} is not of type {type}", mend=mend)


def _some(text: Any, type: Type, name: str) -> Value:
    value = _value(text, type, name)
    if value is None:
        raise DefinitionError(f"{name}: null is not among several values", mend="leave it out")
    return value


def _mapping(written: Any, what: str, known: Iterable[str] | None) -> dict[str, Any]:
    """Names and values; any names where none are known."""
    if not isinstance(written, dict):
        raise DefinitionError(f"{what} is not a mapping", mend="write names and values: {at: 2024-01-01 10:00:00, …}")
    for name in written:
        if known is not None and name not in tuple(known):
            raise DefinitionError(f"{what} has no {name!r}", mend=did_you_mean(str(name), known))
    return written


# --- values ---------------------------------------------------------------------------------------------------------


def _value(text: Any, type: Type, name: str) -> Value | None:
    if text is None:
        return None
    if not isinstance(text, str):
        raise DefinitionError(f"{name}: {text!r} is not a single value", mend=f"write a value of type {type}")
    try:
        return _PARSE[type.kind](text, type)
    except (ValueError, InvalidOperation, ZeroDivisionError) as cause:
        raise DefinitionError(f"{name}: {text!r} is not of type {type}", mend=_MEND[type.kind]) from cause


def _int(text: str, type: Type) -> int:
    value = int(text)
    if not INT_MIN <= value <= INT_MAX:
        raise ValueError(text)
    return value


def _decimal(text: str, type: Type) -> Decimal:
    value = Decimal(text)
    if not value.is_finite() or abs(value) >= Decimal(10) ** (type.precision - type.scale):
        raise ValueError(text)
    if Fraction(value) * 10**type.scale % 1:
        raise ValueError(text)
    return value


def _double(text: str, type: Type) -> float:
    above, slash, below = text.partition("/")
    value = float(Fraction(above) / Fraction(below)) if slash else float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _string(text: str, type: Type) -> str:
    return text


def _boolean(text: str, type: Type) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


_ZONED: Final = re.compile(r"\d{4}-\d{2}-\d{2}([ T]\d{2}:\d{2}.*)?")


def _timestamp(text: str, type: Type) -> int:
    if not _ZONED.fullmatch(text):  # fromisoformat also takes 20240101 and week dates, which read like numbers
        raise ValueError(text)
    instant = datetime.fromisoformat(text)
    moment = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    if (moment - EPOCH) % MILLISECOND:
        raise ValueError(text)
    return ms_of(moment)


def _instant(text: Any) -> int:
    value = _value(text, Type("timestamp"), "at")
    assert isinstance(value, int)
    return value


_PARSE: Final[dict[str, Callable[[str, Type], Value]]] = {
    "int": _int,
    "decimal": _decimal,
    "double": _double,
    "string": _string,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
_MEND: Final = {
    "int": "write a whole number of at most 64 bits",
    "decimal": "write a number with no more digits than the type has",
    "double": "write a number, or a quotient such as 10/3",
    "string": "write a text",
    "boolean": "write true or false",
    "timestamp": "write 2024-01-31 10:00:00, to the millisecond at most, in UTC or with its offset",
}
