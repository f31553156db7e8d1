"""ibis's `_` in definitions: checked when written, and bound to the fields of a source when the pool is compiled."""

import inspect
from collections.abc import Iterator
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
from ibis.common.deferred import Attr, Deferred, Item, Just, Resolver, Variable, resolver

from millpond.define.avro import SourceSchema
from millpond.define.operations import translate
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Expr
from millpond.plan.types import Type

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


def is_method(name: str, of: type = ir.Table) -> bool:
    """True where `_.name` would give an ibis method, not a field."""
    return hasattr(of, name)


def bind(written: "Deferred", schema: SourceSchema) -> Expr:
    """The expression as our own typed tree over a source's fields.

    Raises:
        DefinitionError: an unknown or unreadable field, an operation that is not listed, types that do not fit.
    """
    _check_fields(written, schema)
    table = ibis.table({column.name: _ibis_type(column.type) for column in schema.columns}, name="event")
    try:
        value = written.resolve(table)
    except Exception as cause:  # ibis raises whatever its types raise
        first = str(cause).strip().splitlines()[0] if str(cause).strip() else type(cause).__name__
        raise DefinitionError(
            f"ibis cannot bind {written!r}: {first}",
            mend="compare and compute with values of one type, or with numbers",
        ) from cause
    if inspect.isroutine(value):
        raise DefinitionError(f"{written!r} is a method that is not called", mend="add its parentheses")
    if not isinstance(value, ir.Value):
        raise DefinitionError(
            f"{written!r} is a {type(value).__name__}, not a value", mend="write a field or a formula of fields"
        )
    return translate(value.op(), table.op(), schema)


def _check_fields(written: "Deferred", schema: SourceSchema) -> None:
    """Every `_.name` is a field. Asked before ibis, which answers an unknown name with a bare AttributeError."""
    if isinstance(resolver(written), Variable):
        raise DefinitionError("_ alone is the whole event", mend="write a field of it, such as _.amount")
    for node in _resolvers(resolver(written)):
        if isinstance(node, Attr) and isinstance(node.obj, Variable):
            _check_attribute(node.name.value, schema)
        elif isinstance(node, Item) and isinstance(node.obj, Variable):
            name = node.indexer.value if isinstance(node.indexer, Just) else None
            if not isinstance(name, str):
                raise DefinitionError(f"{written!r} takes a field not by its name", mend='write _["amount"]')
            schema.type_of(name)


def _check_attribute(name: str, schema: SourceSchema) -> None:
    known = name in schema.types
    if known and is_method(name):
        raise DefinitionError(f"_.{name} is a method of ibis, not the field", mend=f'write _["{name}"]')
    if not known and is_method(name) and name not in schema.unreadable:
        raise DefinitionError(
            f"_.{name} is a method of ibis, and there is no field {name!r}",
            mend="an expression is about one event; aggregate with Count, Sum, Mean, Min or Max",
        )
    schema.type_of(name)


def _resolvers(node: Any) -> Iterator[Resolver]:
    """Every node of a deferred expression."""
    match node:
        case Resolver():
            yield node
            for slot in node.__slots__:
                yield from _resolvers(getattr(node, slot))
        case tuple() | list():
            for part in node:
                yield from _resolvers(part)
        case dict():
            for part in node.values():
                yield from _resolvers(part)
        case _:  # a constant, or a function of Python's operator module
            return


def _ibis_type(type: Type) -> dt.DataType:
    return _IBIS_TYPES[type.kind](type)


_IBIS_TYPES: Any = {
    "int": lambda type: dt.Int64(),
    "decimal": lambda type: dt.Decimal(38, 9),  # one for all: ibis 12 refuses to add decimals of two scales
    "double": lambda type: dt.Float64(),
    "string": lambda type: dt.String(),
    "boolean": lambda type: dt.Boolean(),
    "timestamp": lambda type: dt.Timestamp(timezone="UTC", scale=3),
}
