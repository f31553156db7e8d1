"""From ibis's operations to our own tree: one table of what is allowed; what is absent is refused by name.

Only the shape is taken from ibis. Types are given by plan.expr, so that no rule of ibis (decimal * decimal keeping its
width, text + number joining text) reaches a number.
"""

import difflib
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import ibis.expr.operations as ops

from millpond.define.avro import SourceSchema
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Constant, Expr, Field, call, constant, decimal_constant
from millpond.plan.paths import Key, Path, text_of
from millpond.plan.types import BOOLEAN, DOUBLE, INT, STRING, TIMESTAMP

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Translation:
    """One expression being turned: the table it is bound to, and that table's fields."""

    def __init__(self, table: ops.Relation, schema: SourceSchema) -> None:
        self.table = table
        self.schema = schema

    def __call__(self, op: Any) -> Expr:
        rule = LISTED.get(type(op))
        if rule is None:
            raise _refusal(op)
        return rule(self, op)


def translate(op: ops.Value, table: ops.Relation, schema: SourceSchema) -> Expr:
    """The tree of a bound ibis operation.

    Raises:
        DefinitionError: an operation that is not listed, or types that do not fit.
    """
    return _Translation(table, schema)(op)


Rule = Callable[[_Translation, Any], Expr]


def _binary(name: str) -> Rule:
    return lambda turn, op: call(name, turn(op.left), turn(op.right))


def _unary(name: str) -> Rule:
    return lambda turn, op: call(name, turn(op.arg))


def _not_null(turn: _Translation, op: Any) -> Expr:
    return call("not", call("is_null", turn(op.arg)))


def _between(turn: _Translation, op: Any) -> Expr:
    value = turn(op.arg)
    return call("and", call("ge", value, turn(op.lower_bound)), call("le", value, turn(op.upper_bound)))


def _in(turn: _Translation, op: Any) -> Expr:
    return call("in", turn(op.value), *(turn(option) for option in op.options))


def _field(turn: _Translation, op: Any) -> Expr:
    path = text_of(_path(turn, op))
    return Field(path, turn.schema.type_of(path))


def _path(turn: _Translation, op: Any) -> Path:
    """The steps from the event to a value: fields of records, keys of maps."""
    match op:
        case ops.Field(rel=turn.table):
            return (op.name,)
        case ops.Field():
            raise DefinitionError(
                f"the field {op.name!r} is of another table", mend="write it with `from millpond import _`"
            )
        case ops.StructField():
            return (*_path(turn, op.arg), op.field)
        case ops.MapGet(key=ops.Literal(value=str(key)), default=ops.Literal(value=None)):
            return (*_path(turn, op.arg), Key(key))
        case _:
            raise _refusal(op)


def _literal(turn: _Translation, op: Any) -> Constant:
    match op.value:
        case bool():
            return constant(op.value, BOOLEAN)
        case int():
            return constant(op.value, INT)
        case float():
            return constant(op.value, DOUBLE)
        case Decimal():
            return decimal_constant(op.value)
        case str():
            return constant(op.value, STRING)
        case datetime():
            return constant(_instant(op.value), TIMESTAMP)
        case None:
            raise DefinitionError(
                "null is equal to nothing, not even to null", mend="test for it with .isnull() or .notnull()"
            )
        case _:
            raise DefinitionError(
                f"{op.value!r} is a {type(op.value).__name__}, which no field holds",
                mend="compare with a number, text, boolean, or a datetime with tzinfo=UTC",
            )


def _instant(value: datetime) -> int:
    """Milliseconds UTC of a datetime that says its zone."""
    if value.tzinfo is None:
        raise DefinitionError(f"{value} does not say its time zone", mend="write datetime(..., tzinfo=UTC)")
    if value.microsecond % 1000:
        raise DefinitionError(f"{value} is finer than a millisecond", mend="write whole milliseconds")
    span = value - _EPOCH
    return (span.days * 86_400 + span.seconds) * 1000 + span.microseconds // 1000


LISTED: Final[dict[type, Rule]] = {
    ops.Field: _field,
    ops.StructField: _field,
    ops.MapGet: _field,
    ops.Literal: _literal,
    ops.Equals: _binary("eq"),
    ops.NotEquals: _binary("ne"),
    ops.Less: _binary("lt"),
    ops.LessEqual: _binary("le"),
    ops.Greater: _binary("gt"),
    ops.GreaterEqual: _binary("ge"),
    ops.Between: _between,
    ops.InValues: _in,
    ops.IsNull: _unary("is_null"),
    ops.NotNull: _not_null,
    ops.And: _binary("and"),
    ops.Or: _binary("or"),
    ops.Not: _unary("not"),
    ops.Add: _binary("add"),
    ops.Subtract: _binary("sub"),
    ops.Multiply: _binary("mul"),
    ops.Divide: _binary("div"),
    ops.Negate: _unary("neg"),
}

# How each is written, by the name ibis gives it: what an author is told when another was meant.
SPELLINGS: Final = {
    "Equals": "a == b",
    "NotEquals": "a != b",
    "Less": "a < b",
    "LessEqual": "a <= b",
    "Greater": "a > b",
    "GreaterEqual": "a >= b",
    "Between": "a.between(x, y)",
    "InValues": "a.isin([x, y])",
    "IsNull": "a.isnull()",
    "NotNull": "a.notnull()",
    "And": "(a) & (b)",
    "Or": "(a) | (b)",
    "Not": "~(a)",
    "Add": "a + b",
    "Subtract": "a - b",
    "Multiply": "a * b",
    "Divide": "a / b",
    "Negate": "-a",
}

_FAMILIES: Final[tuple[tuple[type, str, str], ...]] = (
    (
        ops.Reduction,
        "aggregates events inside an expression about one event",
        "aggregate with Count, Sum, Mean, Min or Max",
    ),
    (ops.Analytic, "looks at other events than its own", "put what it needs into the event"),
    (ops.WindowFunction, "looks at other events than its own", "put what it needs into the event"),
    (ops.Subquery, "looks at other events than its own", "put what it needs into the event"),
    (ops.Impure, "gives another value each time, so no two runs would agree", "compare with a field or a constant"),
    (ops.StringConcat, "joins texts", "add two numbers"),
    (ops.Cast, "changes a type by hand", "leave it out: numbers widen by themselves"),
    (ops.TryCast, "changes a type by hand", "leave it out: numbers widen by themselves"),
)


def _refusal(op: Any) -> DefinitionError:
    name = type(op).__name__
    for family, what, mend in _FAMILIES:
        if isinstance(op, family):
            return DefinitionError(f"{name} {what}", mend=mend)
    near = difflib.get_close_matches(name, SPELLINGS, n=1, cutoff=0.6)
    listed = ", ".join(SPELLINGS.values())
    return DefinitionError(
        f"{name} is not on the list of operations proven equal in every engine",
        mend=f"did you mean {SPELLINGS[near[0]]} ({near[0]})?" if near else f"use {listed}",
    )
