"""Our own small expression tree: what a Plan holds, hashes are taken from, and every dialect is rendered from.

A tree is typed and explicit: both sides of a comparison have one type, widening is a `cast` node, and every operation
is total (x / 0 is null, a double that is not finite is null). Nulls follow SQL's three-valued logic.
In JSON a tree is an array: ["call","gt","boolean",[["field","amount","decimal(10,2)"],["constant",...]]].
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

import msgspec

from millpond.plan.errors import DefinitionError
from millpond.plan.types import BOOLEAN, DOUBLE, INT_MAX, INT_MIN, MAX_DIGITS, Type


class Field(msgspec.Struct, frozen=True, array_like=True, tag_field="node", tag="field"):
    """A field of the source, by name."""

    name: str
    type: Type


class Constant(msgspec.Struct, frozen=True, array_like=True, tag_field="node", tag="constant"):
    """A constant; decimals as text ("9.99"), timestamps as milliseconds, never null."""

    value: bool | int | float | str
    type: Type


class Call(msgspec.Struct, frozen=True, array_like=True, tag_field="node", tag="call"):
    """An operation of OPERATIONS over its arguments."""

    op: str
    type: Type
    args: tuple["Field | Constant | Call", ...]


Expr = Field | Constant | Call


def fields_of(expr: Expr) -> Iterator[Field]:
    """Every field a tree reads, in order, with repetitions."""
    if isinstance(expr, Field):
        yield expr
    elif isinstance(expr, Call):
        for arg in expr.args:
            yield from fields_of(arg)


# --- widening -------------------------------------------------------------------------------------------------------


def constant(value: object, type: Type) -> Constant:
    """A constant of a type.

    Raises:
        DefinitionError: the value is null, out of range or not finite.
    """
    match type.kind, value:
        case "boolean", bool():
            return Constant(value, type)
        case (("int" | "timestamp"), int()) if not isinstance(value, bool) and INT_MIN <= value <= INT_MAX:
            return Constant(value, type)
        case "double", float() if abs(value) != float("inf") and value == value:
            return Constant(value, type)
        case "decimal", Decimal() if value.is_finite():
            return Constant(format(value, "f"), type)
        case "string", str():
            try:
                value.encode()
            except UnicodeEncodeError as cause:
                raise DefinitionError(
                    f"the text {value!r} is not Unicode", mend="write text that can be encoded as UTF-8"
                ) from cause
            return Constant(value, type)
        case _:
            raise DefinitionError(
                f"{value!r} is not a constant of type {type}", mend="compare with a finite, non-null value"
            )


def decimal_constant(value: Decimal) -> Constant:
    """A constant of the narrowest decimal type that holds it."""
    _, digits, exponent = value.as_tuple()
    if not isinstance(exponent, int):
        raise DefinitionError(f"{value} is not a number", mend="compare with a finite value")
    scale = max(0, -exponent)
    precision = max(len(digits) + max(0, exponent), scale, 1)
    if precision > MAX_DIGITS:
        raise DefinitionError(f"{value} has more than {MAX_DIGITS} digits", mend="round it to fewer digits")
    return constant(value, Type("decimal", precision, scale))


def cast(expr: Expr, to: Type) -> Expr:
    """`expr` widened to a type that holds its every value; doubles take the nearest."""
    if expr.type == to:
        return expr
    if isinstance(expr, Constant):
        if to.kind == "decimal":
            return Constant(format(Decimal(expr.value), f".{to.scale}f"), to)
        if to == DOUBLE and not isinstance(expr.value, bool):
            return Constant(float(expr.value), to)
    return Call("cast", to, (expr,))


def exact(expr: Expr) -> Expr:
    """An int or decimal as a decimal; a whole constant takes only the digits it has."""
    if isinstance(expr, Constant) and expr.type.kind == "int":
        return decimal_constant(Decimal(expr.value))
    return cast(expr, expr.type.as_decimal)


def common(left: Expr, right: Expr, verb: str) -> tuple[Expr, Expr]:
    """Both sides in the one type that holds both.

    A fractional constant beside an exact number is read as the decimal the author wrote: 9.99 is 9.99, not the
    double nearest to it.

    Raises:
        DefinitionError: the types have nothing in common, or would need more than 38 digits.
    """
    left, right = _as_written(left, right), _as_written(right, left)
    if left.type == right.type:
        return left, right
    if left.type.is_exact and right.type.is_exact:
        a, b = exact(left), exact(right)
        scale = max(a.type.scale, b.type.scale)
        whole = max(a.type.precision - a.type.scale, b.type.precision - b.type.scale)
        wide = _decimal(whole + scale, scale, verb, left, right)
        return cast(a, wide), cast(b, wide)
    if left.type.is_numeric and right.type.is_numeric:
        return cast(left, DOUBLE), cast(right, DOUBLE)
    raise DefinitionError(
        f"cannot {verb} {left.type} and {right.type}", mend="use two values of one type, or two numbers"
    )


def _as_written(expr: Expr, other: Expr) -> Expr:
    if isinstance(expr, Constant) and isinstance(expr.value, float) and other.type.is_exact:
        return decimal_constant(Decimal(repr(expr.value)))
    return expr


def _decimal(precision: int, scale: int, verb: str, left: Expr, right: Expr) -> Type:
    if precision > MAX_DIGITS:
        raise DefinitionError(
            f"to {verb} {left.type} and {right.type} exactly takes {precision} digits; at most {MAX_DIGITS} are held",
            mend="use fields of fewer digits, or divide (which gives a double) first",
        )
    return Type("decimal", precision, scale)


# --- the operations -------------------------------------------------------------------------------------------------


def _comparison(op: str, verb: str, *, ordered: bool) -> Callable[..., Expr]:
    def build(left: Expr, right: Expr) -> Expr:
        left, right = common(left, right, verb)
        if ordered and left.type == BOOLEAN:
            raise DefinitionError(f"cannot {verb} two booleans by size", mend="use == or !=, or combine with & and |")
        return Call(op, BOOLEAN, (left, right))

    return build


def _logic(op: str) -> Callable[..., Expr]:
    def build(*args: Expr) -> Expr:
        for arg in args:
            if arg.type != BOOLEAN:
                raise DefinitionError(
                    f"{op} takes booleans, not {arg.type}",
                    mend="put each comparison in parentheses: (_.a > 1) & (_.b == 2)",
                )
        return Call(op, BOOLEAN, args)

    return build


def _is_null(arg: Expr) -> Expr:
    return Call("is_null", BOOLEAN, (arg,))


def _in(value: Expr, *options: Expr) -> Expr:
    if not options:
        raise DefinitionError("isin has no values to compare with", mend="name at least one value")
    args = [value]
    for option in options:
        if not isinstance(option, Constant):
            raise DefinitionError("isin takes constants", mend="compare with == and combine with |")
        wide, option = common(value, option, "compare")
        if wide.type != value.type:
            raise DefinitionError(
                f"isin compares {value.type} with {option.type}", mend="write values that fit the field's type"
            )
        args.append(option)
    return Call("in", BOOLEAN, tuple(args))


def _sum_type(op: str, verb: str) -> Callable[..., Expr]:
    def build(left: Expr, right: Expr) -> Expr:
        left, right = _numbers(left, right, verb)
        if DOUBLE in (left.type, right.type):
            return Call(op, DOUBLE, (cast(left, DOUBLE), cast(right, DOUBLE)))
        a, b = exact(left), exact(right)
        scale = max(a.type.scale, b.type.scale)
        whole = max(a.type.precision - a.type.scale, b.type.precision - b.type.scale) + 1
        wide = _decimal(whole + scale, scale, verb, left, right)
        return Call(op, wide, (cast(a, wide), cast(b, wide)))

    return build


# Flink types a product one digit wider than it needs, and where that passes 38 cuts its scale down to 6.
FULL_WIDTH_SCALE: Final = 6


def _mul(left: Expr, right: Expr) -> Expr:
    left, right = _numbers(left, right, "multiply")
    if DOUBLE in (left.type, right.type):
        return Call("mul", DOUBLE, (cast(left, DOUBLE), cast(right, DOUBLE)))
    a, b = exact(left), exact(right)
    wide = _decimal(a.type.precision + b.type.precision, a.type.scale + b.type.scale, "multiply", left, right)
    if wide.precision == MAX_DIGITS and wide.scale > FULL_WIDTH_SCALE:
        raise DefinitionError(
            f"to multiply {left.type} and {right.type} takes {MAX_DIGITS} digits, {wide.scale} behind the point",
            mend=f"use fields of fewer digits; at full width at most {FULL_WIDTH_SCALE} may lie behind the point",
        )
    return Call("mul", wide, (a, b))


def _div(left: Expr, right: Expr) -> Expr:
    left, right = _numbers(left, right, "divide")
    return Call("div", DOUBLE, (cast(left, DOUBLE), cast(right, DOUBLE)))


def _neg(arg: Expr) -> Expr:
    if not arg.type.is_numeric:
        raise DefinitionError(f"cannot negate {arg.type}", mend="negate a number")
    arg = arg if arg.type == DOUBLE else exact(arg)
    return Call("neg", arg.type, (arg,))


def _numbers(left: Expr, right: Expr, verb: str) -> tuple[Expr, Expr]:
    for side in (left, right):
        if not side.type.is_numeric:
            raise DefinitionError(f"cannot {verb} {left.type} and {right.type}", mend="use two numbers")
    return _as_written(left, right), _as_written(right, left)


def _cast(arg: Expr) -> Expr:
    raise DefinitionError(
        f"a cast of {arg.type} is not written by hand", mend="leave it out: types widen by themselves"
    )


# What an author may write. `cast` is put in by the rules above and never by hand.
OPERATIONS: Final[dict[str, Callable[..., Expr]]] = {
    "eq": _comparison("eq", "compare", ordered=False),
    "ne": _comparison("ne", "compare", ordered=False),
    "lt": _comparison("lt", "compare", ordered=True),
    "le": _comparison("le", "compare", ordered=True),
    "gt": _comparison("gt", "compare", ordered=True),
    "ge": _comparison("ge", "compare", ordered=True),
    "and": _logic("and"),
    "or": _logic("or"),
    "not": _logic("not"),
    "is_null": _is_null,
    "in": _in,
    "add": _sum_type("add", "add"),
    "sub": _sum_type("sub", "subtract"),
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "cast": _cast,
}


def call(op: str, *args: Expr) -> Expr:
    """An operation over typed arguments, itself typed.

    Raises:
        DefinitionError: the types do not fit, or the exact result would need more than 38 digits.
    """
    return OPERATIONS[op](*args)


# The types a `cast` node may go between; a renderer has one rule for each.
CASTS: Final = {("int", "decimal"), ("decimal", "decimal"), ("int", "double"), ("decimal", "double")}
