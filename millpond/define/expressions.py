"""ibis's `_` in definitions: checked when written, and bound to the fields of a source when the pool is compiled."""

import inspect
from collections.abc import Iterator
from typing import Any, Final

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.common.deferred import Attr, Deferred, Item, Just, Resolver, Variable, resolver

from millpond.define.fields import MapOf, Node, Record, Step, Unreadable, Value, follow, item
from millpond.define.operations import translate
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Expr

USE_OPERATORS = (
    "join conditions with & | ~, each in parentheses: (_.a > 1) & (_.b == 2); "
    "write _.a.between(1, 5) for 1 <= _.a <= 5, and _.a.isnull() for `is None`"
)


def check_expression(value: object) -> "Deferred":
    """`value`, if it is written with `_`.

    Raises:
        DefinitionError: it is a text, a plain value, or something of ibis that is not deferred.
    """
    if isinstance(value, Deferred):
        return value
    if isinstance(value, str):
        mend = f"write _.{value}" if value.isidentifier() else "write it with _, such as _.amount > 10"
        raise DefinitionError(f"{value!r} is a text, not an expression", mend=mend)
    if isinstance(value, bool):
        raise DefinitionError(f"a plain {value} is not an expression of the event", mend=USE_OPERATORS)
    if isinstance(value, ir.Expr):
        raise DefinitionError("an ibis expression of a table of its own", mend="write it with `from millpond import _`")
    raise DefinitionError(f"{value!r} is not an expression", mend="write it with _, such as _.amount")


def field_name(value: object) -> str:
    """The field that a plain `_.field` or `_["field"]` names.

    Raises:
        DefinitionError: it is anything else.
    """
    match resolver(check_expression(value)):
        case Attr(obj=Variable(), name=Just(value=str(name))) | Item(obj=Variable(), indexer=Just(value=str(name))):
            return name
        case _:
            raise DefinitionError(
                f"{value!r} is more than a field", mend="write one field of the request: _.account_id"
            )


def names_in(written: "Deferred") -> frozenset[str]:
    """What stands directly behind each `_` of an expression."""
    return frozenset(str(chain[0].name) for chain in _chains(resolver(written)) if chain)


def bind(written: "Deferred", fields: Record) -> Expr:
    """The expression as our own typed tree over fields: a source's, or what a set's derived places may read.

    Raises:
        DefinitionError: an unknown or unreadable field, an operation that is not listed, types that do not fit.
    """
    _check_fields(written, fields)
    table = ibis.table(_ibis_type(fields), name="event")
    try:
        value = written.resolve(table)
    except Exception as cause:  # ibis raises whatever its types raise
        first = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
        mend = _NO_FIELDS if isinstance(cause, AttributeError) else _NOT_OF_ONE_TYPE
        raise DefinitionError(f"ibis cannot bind {written!r}: {first}", mend=mend) from cause
    if inspect.isroutine(value):
        raise DefinitionError(f"{written!r} is a method that is not called", mend="add its parentheses")
    if not isinstance(value, ir.Value):
        raise DefinitionError(
            f"{written!r} is a {type(value).__name__}, not a value", mend="write a field or a formula of fields"
        )
    return translate(value.op(), table.op(), fields)


_NOT_OF_ONE_TYPE: Final = "compare and compute with values of one type, or with numbers"
_NO_FIELDS: Final = "a single value has no fields in it; write the field, or an operation that is listed"


def _check_fields(written: "Deferred", fields: Record) -> None:
    """Every chain from `_` leads to a value. Asked before ibis, which answers an unknown name with a bare error."""
    for steps in _chains(resolver(written)):
        follow(fields, steps)


def _chains(node: Any) -> Iterator[tuple[Step, ...]]:
    """What is written after each `_` of a deferred expression, as far as it is names and brackets."""
    steps: list[Step] = []
    inner = node
    while isinstance(inner, Attr | Item):
        steps.insert(0, _step(inner))
        if isinstance(inner, Item):
            yield from _chains(inner.indexer)
        inner = inner.obj
    if isinstance(inner, Variable):
        yield tuple(steps)
    else:
        for part in _parts(inner):
            yield from _chains(part)


def _step(node: Attr | Item) -> Step:
    if isinstance(node, Attr):
        return Step(name=node.name.value, written=f".{node.name.value}")
    name = node.indexer.value if isinstance(node.indexer, Just) else node.indexer
    if isinstance(name, str):
        return Step(name=name, written=item(name))
    whole = name if isinstance(name, int) and not isinstance(name, bool) else None
    return Step(name=None, written=f"[{name!r}]", at=whole)


def _parts(node: Any) -> Iterator[Any]:
    """What a node of a deferred expression is made of."""
    match node:
        case Resolver():
            yield from (getattr(node, slot) for slot in node.__slots__)
        case tuple() | list():
            yield from node
        case dict():
            yield from node.values()
        case _:  # a constant, or a function of Python's operator module
            return


def _ibis_type(node: Node) -> Any:
    """What ibis is told of a field; what cannot be read is not there."""
    match node:
        case Value(type=type):
            one = _IBIS_TYPES[type.kind](type)
            return one if type.many is None else dt.Array(one) if type.many == "list" else dt.Map(one, dt.Int64())
        case Record():
            return dt.Struct({name: _ibis_type(node.fields[name]) for name in node.known})
        case MapOf(values=values):
            return dt.Map(dt.String(), _ibis_type(values))
        case Unreadable():
            raise AssertionError("it is not among the known fields")


_IBIS_TYPES: Any = {
    "int": lambda type: dt.Int64(),
    "decimal": lambda type: dt.Decimal(38, 9),  # one for all: ibis 12 refuses to add decimals of two scales
    "double": lambda type: dt.Float64(),
    "string": lambda type: dt.String(),
    "boolean": lambda type: dt.Boolean(),
    "timestamp": lambda type: dt.Timestamp(timezone="UTC", scale=3),
}
