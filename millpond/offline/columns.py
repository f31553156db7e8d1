"""Where a source's fields are among the columns of given data, each as a value of its type."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final

from millpond.define.fields import MapOf, Node, Record, of_source
from millpond.plan.errors import MillpondError
from millpond.plan.model import SourcePlan
from millpond.plan.names import did_you_mean
from millpond.plan.paths import EACH, Key, parse, shape_of, text_of
from millpond.plan.types import DOUBLE, INT_DIGITS, TIMESTAMP, Kind, Type
from millpond.sql.quote import double_quoted, duckdb_text

Columns = Mapping[str, Any]
"""Name -> DuckDB type, as DuckDB's Python has it."""

# Whole numbers of at most 64 bits, and how many digits they take.
_WHOLE: Final[Mapping[str, int]] = {
    "tinyint": 3, "smallint": 5, "integer": 10, "bigint": INT_DIGITS, "utinyint": 3, "usmallint": 5, "uinteger": 10,
}  # fmt: skip


def value_of(source: SourcePlan, columns: Columns, path: str) -> str:
    """A field as SQL, converted to its type; an instant is its milliseconds UTC.

    Raises:
        MillpondError: the data has no such column, or one that does not hold the field's values as they are.
    """
    types = {column.name: column.type for column in source.columns}
    wanted = types[shape_of(path)]
    value, found = _at(columns, path)
    converted = converted_to(wanted, value, found)
    if converted is None:
        mend = _MENDS[wanted.kind].format(type=wanted)
        raise MillpondError(f"the column is {found}, and the field is {wanted}", where=path, mend=mend)
    return converted


def instant_of(columns: Columns, name: str) -> str:
    """A column of instants as SQL, in milliseconds UTC.

    Raises:
        MillpondError: it is of another type.
    """
    value, found = _at(columns, name)
    converted = converted_to(TIMESTAMP, value, found)
    if converted is None:
        raise MillpondError(f"the column is {found}", where=name, mend=_MENDS["timestamp"])
    return converted


def doubles_of(source: SourcePlan, columns: Columns) -> list[tuple[str, str]]:
    """The doubles that the data holds, read or not: the column of each, and its shape below that."""
    found = []
    for leaf in source.columns:
        first, *rest = leaf.name.replace(EACH, f".{EACH}").split(".")
        if leaf.type == DOUBLE and first in columns and _is_double(columns[first], rest):
            found.append((double_quoted(first), ".".join(rest).replace(f".{EACH}", EACH)))
    return found


def _is_double(found: Any, steps: Sequence[str]) -> bool:
    """Whether a column's type has a double at some steps of a shape."""
    for step in steps:
        inside = dict(found.children) if found.id in ("struct", "map") else {}
        name = "value" if step == EACH and found.id == "map" else step
        if name not in inside:
            return False
        found = inside[name]
    return found.id in ("double", "float")


def never_null(source: SourcePlan, paths: Iterable[str]) -> list[str]:
    """Those of some fields that the source's schema says are in every event."""
    root = of_source(source)
    return [path for path in paths if not _may_be_null(root, parse(path))]


def _may_be_null(node: Node, steps: Sequence[str]) -> bool:
    if node.nullable or isinstance(node, MapOf):  # a map may lack any key
        return True
    return isinstance(node, Record) and bool(steps) and _may_be_null(node.fields[steps[0]], steps[1:])


def _at(columns: Columns, path: str) -> tuple[str, Any]:
    """Where a path leads to, and the type there."""
    first, *rest = parse(path)
    if first not in columns:
        raise MillpondError(f"the data has no column {first!r}", mend=did_you_mean(first, columns))
    value, found = double_quoted(first), columns[first]
    for depth, step in enumerate(rest, start=1):
        inside = dict(found.children) if found.id in ("struct", "map") else {}
        if isinstance(step, Key) and found.id == "map":
            value, found = f"{value}[{duckdb_text(step)}]", inside["value"]
        elif found.id == "struct" and step in inside:
            value, found = f"{value}.{double_quoted(step)}", inside[step]
        else:
            here = text_of((first, *rest)[:depth])
            kind = "MAP" if isinstance(step, Key) else "STRUCT"
            raise MillpondError(
                f"the column is {found}, which has no {step!r}",
                where=here,
                mend=f"write it as a {kind}" + (f"; {did_you_mean(step, inside)}" if inside else ""),
            )
    return value, found


# --- types ----------------------------------------------------------------------------------------------------------


def converted_to(wanted: Type, value: str, found: Any) -> str | None:
    """A value of a DuckDB type as one of ours; None where that could lose anything."""
    return _CONVERT[wanted.kind](value, found, wanted)


def _whole(value: str, found: Any, _wanted: Type) -> str | None:
    return f"CAST({value} AS BIGINT)" if found.id in _WHOLE else None


def _decimal(value: str, found: Any, wanted: Type) -> str | None:
    if found.id == "decimal":
        given = dict(found.children)
        digits, scale = given["precision"], given["scale"]
    elif found.id in _WHOLE:
        digits, scale = _WHOLE[found.id], 0
    else:
        return None
    holds = scale <= wanted.scale and digits - scale <= wanted.precision - wanted.scale
    return f"CAST({value} AS DECIMAL({wanted.precision}, {wanted.scale}))" if holds else None


def _double(value: str, found: Any, _wanted: Type) -> str | None:
    return f"CAST({value} AS DOUBLE)" if found.id in ("double", "float") else None


def _text(value: str, found: Any, _wanted: Type) -> str | None:
    return f"CAST({value} AS VARCHAR)" if found.id in ("varchar", "enum") else None


def _boolean(value: str, found: Any, _wanted: Type) -> str | None:
    return value if found.id == "boolean" else None


def _instant(value: str, found: Any, _wanted: Type) -> str | None:
    """Floored, where epoch_ms would round; as whole numbers they are milliseconds already."""
    if found.id == "bigint":
        return value
    if found.id == "timestamp_ns":
        return _floored(f"epoch_ns({value})", 1_000_000)
    is_instant = found.id in ("timestamp", "timestamp_s", "timestamp_ms", "timestamp with time zone")
    return _floored(f"epoch_us({value})", 1_000) if is_instant else None


def _floored(whole: str, size: int) -> str:
    """Divided towards the past; // divides towards zero."""
    return f"({whole} - (({whole} % {size}) + {size}) % {size}) // {size}"


_CONVERT: Final[Mapping[Kind, Callable[[str, Any, Type], str | None]]] = {
    "int": _whole,
    "decimal": _decimal,
    "double": _double,
    "string": _text,
    "boolean": _boolean,
    "timestamp": _instant,
}
_MENDS: Final[Mapping[Kind, str]] = {
    "int": "write whole numbers of at most 64 bits",
    "decimal": "write it as {type}, exactly: CAST(… AS {type})",
    "double": "write it as DOUBLE",
    "string": "write it as VARCHAR",
    "boolean": "write it as BOOLEAN",
    "timestamp": "write it as TIMESTAMP, in UTC, or as whole milliseconds UTC",
}
