"""From ibis's operations to our own tree: one table of what is allowed; what is absent is refused by name.

Only the shape is taken from ibis. Types are given by plan.expr, so that no rule of ibis (decimal * decimal keeping its
width, text + number joining text) reaches a number.
"""

import difflib
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

import ibis.expr.datatypes as dt
import ibis.expr.operations as ops

from millpond.define.fields import Record, value_at
from millpond.define.functions import HaversineKm, LocalDayOfWeek, LocalHour
from millpond.define.zones import rules_of
from millpond.plan.clock import ms_of
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Constant, Expr, Field, constant, decimal_constant
from millpond.plan.operations import LONGEST_PART, call, case, cast_to, extreme, null_if, sign
from millpond.plan.paths import Key, Path, Position, text_of
from millpond.plan.types import BOOLEAN, DOUBLE, INT, MAX_DIGITS, STRING, TIMESTAMP, Type


class _Translation:
    """One expression being turned: the table it is bound to, and that table's fields."""

    def __init__(self, table: ops.Relation, fields: Record) -> None:
        self.table = table
        self.fields = fields

    def __call__(self, op: Any) -> Expr:
        rule = LISTED.get(type(op))
        if rule is None:
            raise _refusal(op)
        return rule(self, op)


def translate(op: ops.Value, table: ops.Relation, fields: Record) -> Expr:
    """The tree of a bound ibis operation.

    Raises:
        DefinitionError: an operation that is not listed, or types that do not fit.
    """
    return _Translation(table, fields)(op)


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


def _of_args(name: str, *args: str) -> Rule:
    return lambda turn, op: call(name, *(turn(getattr(op, arg)) for arg in args))


def _of_all(name: str) -> Rule:
    return lambda turn, op: call(name, *map(turn, op.arg))


def _coalesce(turn: _Translation, op: Any) -> Expr:
    return call("coalesce", *(turn(arg) for arg in op.arg if not _is_null_literal(arg)))


def _null_if(turn: _Translation, op: Any) -> Expr:
    return null_if(turn(op.arg), turn(op.null_if_expr))


def _is_null_literal(op: Any) -> bool:
    return isinstance(op, ops.Literal) and op.value is None


def _or_null(turn: _Translation, op: Any) -> Expr | None:
    """A branch of a case, the one place where a null may be written."""
    return None if _is_null_literal(op) else turn(op)


def _if_else(turn: _Translation, op: Any) -> Expr:
    return case(((turn(op.bool_expr), _or_null(turn, op.true_expr)),), _or_null(turn, op.false_null_expr))


def _searched_case(turn: _Translation, op: Any) -> Expr:
    asked = [turn(one) for one in op.cases]
    return _branches(turn, op, asked)


def _simple_case(turn: _Translation, op: Any) -> Expr:
    base = turn(op.base)
    return _branches(turn, op, [call("eq", base, turn(one)) for one in op.cases])


def _branches(turn: _Translation, op: Any, asked: list[Expr]) -> Expr:
    values = [_or_null(turn, one) for one in op.results]
    return case(tuple(zip(asked, values, strict=True)), _or_null(turn, op.default))


def _extreme(name: str) -> Rule:
    return lambda turn, op: extreme(name, tuple(map(turn, op.arg)))


def _round(turn: _Translation, op: Any) -> Expr:
    return call("round", turn(op.arg), constant(0, INT) if op.digits is None else turn(op.digits))


def _log(turn: _Translation, op: Any) -> Expr:
    if op.base is not None:
        raise DefinitionError("a logarithm of a base of its own", mend="write a.ln() / math.log(base)")
    return call("ln", turn(op.arg))


def _sign(turn: _Translation, op: Any) -> Expr:
    return sign(turn(op.arg))


def _substr(turn: _Translation, op: Any) -> Expr:
    length = constant(LONGEST_PART, INT) if op.length is None else turn(op.length)
    return call("substr", turn(op.arg), turn(op.start), length)


def _slice(turn: _Translation, op: Any) -> Expr:
    start = constant(0, INT) if op.start is None else turn(op.start)
    end = constant(LONGEST_PART, INT) if op.end is None else turn(op.end)
    match start, end:
        case Constant(value=int(first)), Constant(value=int(last)) if first >= 0 and last >= 0:
            length = constant(max(0, min(last - first, LONGEST_PART)), INT)
            return call("substr", turn(op.arg), start, length)
        case _:
            raise DefinitionError("a slice of a text counts from its start", mend="write a[0:3], or a.endswith(…)")


def _like(turn: _Translation, op: Any) -> Expr:
    _no_escape(op)
    return call("like", turn(op.arg), turn(op.pattern))


def _ilike(turn: _Translation, op: Any) -> Expr:
    _no_escape(op)
    pattern = turn(op.pattern)
    if not isinstance(pattern, Constant) or not isinstance(pattern.value, str) or not pattern.value.isascii():
        raise DefinitionError("ilike takes a constant pattern of ASCII", mend="capitals beyond ASCII differ by engine")
    return call("like", call("lower", turn(op.arg)), constant(pattern.value.lower(), STRING))


def _no_escape(op: Any) -> None:
    if op.escape is not None:
        raise DefinitionError("like has no escape", mend="use contains, startswith or endswith for texts with % or _")


def _cast(turn: _Translation, op: Any) -> Expr:
    return cast_to(turn(op.arg), _type_of(op.to))


def _type_of(to: dt.DataType) -> Type:
    """Our type of an ibis type that a cast names."""
    match to:
        case dt.Int64():
            return INT
        case dt.Float64():
            return DOUBLE
        case dt.String():
            return STRING
        case dt.Boolean():
            return BOOLEAN
        case dt.Timestamp():
            return TIMESTAMP
        case dt.Decimal(precision=int(precision), scale=int(scale)) if 0 <= scale <= precision <= MAX_DIGITS:
            return Type("decimal", precision, scale)
        case dt.Decimal():
            raise DefinitionError(f"the type {to} does not say its digits", mend='write .cast("decimal(18,4)")')
        case _:
            raise DefinitionError(
                f"{to} is no type of ours", mend='write "int", "double", "string", "boolean" or "decimal(18,4)"'
            )


def _local(name: str) -> Rule:
    def rule(turn: _Translation, op: Any) -> Expr:
        zone = constant(op.zone, STRING)
        return call(name, turn(op.arg), zone, constant(rules_of(op.zone), STRING))

    return rule


def _field(turn: _Translation, op: Any) -> Expr:
    path = text_of(_path(turn, op))
    return Field(path, value_at(turn.fields, path).type)


def _path(turn: _Translation, op: Any) -> Path:
    """The steps from the event to a value: fields of records, keys of maps, places of lists."""
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
        case (
            ops.ArrayIndex(index=ops.Literal(value=int(at)))
            | ops.MapGet(key=ops.Literal(value=int(at)), default=ops.Literal(value=None))
        ):
            return (*_path(turn, op.arg), Position(at))
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
    return ms_of(value)


LISTED: Final[dict[type, Rule]] = {
    ops.Field: _field,
    ops.StructField: _field,
    ops.MapGet: _field,
    ops.ArrayIndex: _field,
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
    ops.FloorDivide: _binary("floor_div"),
    ops.Modulus: _binary("mod"),
    ops.Abs: _unary("abs"),
    ops.Sign: _sign,
    ops.Round: _round,
    ops.Floor: _unary("floor"),
    ops.Ceil: _unary("ceil"),
    ops.Sqrt: _unary("sqrt"),
    ops.Ln: _unary("ln"),
    ops.Log: _log,
    ops.Exp: _unary("exp"),
    ops.Least: _extreme("le"),
    ops.Greatest: _extreme("ge"),
    HaversineKm: _of_args("haversine_km", "lat1", "lon1", "lat2", "lon2"),
    ops.Coalesce: _coalesce,
    ops.NullIf: _null_if,
    ops.IfElse: _if_else,
    ops.SearchedCase: _searched_case,
    ops.SimpleCase: _simple_case,
    ops.Cast: _cast,
    ops.TryCast: _cast,
    ops.StringLength: _unary("length"),
    ops.Lowercase: _unary("lower"),
    ops.Uppercase: _unary("upper"),
    ops.Strip: _unary("strip"),
    ops.LStrip: _unary("lstrip"),
    ops.RStrip: _unary("rstrip"),
    ops.Substring: _substr,
    ops.StringSlice: _slice,
    ops.StringConcat: _of_all("concat"),
    ops.StringContains: _of_args("contains", "haystack", "needle"),
    ops.StartsWith: _of_args("starts_with", "arg", "start"),
    ops.EndsWith: _of_args("ends_with", "arg", "end"),
    ops.StringReplace: _of_args("replace", "arg", "pattern", "replacement"),
    ops.StringSQLLike: _like,
    ops.StringSQLILike: _ilike,
    ops.ExtractYear: _unary("year"),
    ops.ExtractQuarter: _unary("quarter"),
    ops.ExtractMonth: _unary("month"),
    ops.ExtractDay: _unary("day"),
    ops.ExtractDayOfYear: _unary("day_of_year"),
    ops.DayOfWeekIndex: _unary("day_of_week"),
    ops.ExtractHour: _unary("hour"),
    ops.ExtractMinute: _unary("minute"),
    ops.ExtractSecond: _unary("second"),
    ops.ExtractMillisecond: _unary("millisecond"),
    ops.ExtractEpochSeconds: _unary("epoch_seconds"),
    LocalHour: _local("local_hour"),
    LocalDayOfWeek: _local("local_day_of_week"),
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
    "FloorDivide": "a // b",
    "Modulus": "a % b",
    "Abs": "a.abs()",
    "Sign": "a.sign()",
    "Round": "a.round(2)",
    "Floor": "a.floor()",
    "Ceil": "a.ceil()",
    "Sqrt": "a.sqrt()",
    "Ln": "a.ln()",
    "Log": "a.log()",
    "Exp": "a.exp()",
    "Least": "ibis.least(a, b)",
    "Greatest": "ibis.greatest(a, b)",
    "HaversineKm": "haversine_km(lat1, lon1, lat2, lon2)",
    "Coalesce": "a.coalesce(b)",
    "NullIf": "a.nullif(b)",
    "IfElse": "a.ifelse(x, y)",
    "SearchedCase": "ibis.cases((a > 1, x), else_=y)",
    "SimpleCase": "a.cases((1, x), else_=y)",
    "Cast": 'a.cast("decimal(18,4)")',
    "TryCast": 'a.try_cast("int")',
    "StringLength": "a.length()",
    "Lowercase": "a.lower()",
    "Uppercase": "a.upper()",
    "Strip": "a.strip()",
    "LStrip": "a.lstrip()",
    "RStrip": "a.rstrip()",
    "Substring": "a.substr(0, 3)",
    "StringSlice": "a[0:3]",
    "StringConcat": "a + b",
    "StringContains": "a.contains(b)",
    "StartsWith": "a.startswith(b)",
    "EndsWith": "a.endswith(b)",
    "StringReplace": 'a.replace("-", "")',
    "StringSQLLike": 'a.like("x%")',
    "StringSQLILike": 'a.ilike("x%")',
    "ExtractYear": "a.year()",
    "ExtractQuarter": "a.quarter()",
    "ExtractMonth": "a.month()",
    "ExtractDay": "a.day()",
    "ExtractDayOfYear": "a.day_of_year()",
    "DayOfWeekIndex": "a.day_of_week.index()",
    "ExtractHour": "a.hour()",
    "ExtractMinute": "a.minute()",
    "ExtractSecond": "a.second()",
    "ExtractMillisecond": "a.millisecond()",
    "ExtractEpochSeconds": "a.epoch_seconds()",
    "LocalHour": 'local_hour(a, "Europe/Berlin")',
    "LocalDayOfWeek": 'local_day_of_week(a, "Europe/Berlin")',
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
    (ops.Power, "differs in its last digits from engine to engine", "multiply: a * a; or write (b * a.ln()).exp()"),
    (ops.Log2, "is written as another", "write a.ln() / math.log(2)"),
    (ops.Log10, "is written as another", "write a.ln() / math.log(10)"),
    (ops.Impure, "gives another value each time, so no two runs would agree", "compare with a field or a constant"),
)


def _refusal(op: Any) -> DefinitionError:
    name = type(op).__name__
    for family, what, mend in _FAMILIES:
        if isinstance(op, family):
            return DefinitionError(f"{name} {what}", mend=mend)
    near = difflib.get_close_matches(name, SPELLINGS, n=1, cutoff=0.6)
    return DefinitionError(
        f"{name} is not on the list of operations proven equal in every engine",
        mend=f"did you mean {SPELLINGS[near[0]]} ({near[0]})?" if near else "docs/expressions.md lists those that are",
    )
