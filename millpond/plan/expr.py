"""Our own small expression tree: what a Plan holds, hashes are taken from, and every dialect is rendered from.

A tree is typed and explicit: both sides of a comparison have one type, widening is a `cast` node, and every operation
is total (x / 0 is null, a double that is not finite is null). Nulls follow SQL's three-valued logic.
In JSON a tree is an array: ["call","gt","boolean",[["field","amount","decimal(10,2)"],["constant",...]]].
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from millpond.plan.errors import DefinitionError
from millpond.plan.types import DOUBLE, INT_MAX, INT_MIN, MAX_DIGITS, Type


class Field(msgspec.Struct, frozen=True, array_like=True, tag_field="node", tag="field"):
    """A field of the source, by name."""

    name: str
    type: Type


class Constant(msgspec.Struct, frozen=True, array_like=True, tag_field="node", tag="constant"):
    """A constant; decimals as text ("9.99"), timestamps as milliseconds, never null."""

    value: bool | int | float | str
    type: Type


class Call(msgspec.Struct, frozen=True, array_like=True, tag_field="node", tag="call"):
    """An operation of `plan/operations.py` over its arguments."""

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
    left, right = as_written(left, right), as_written(right, left)
    if left.type == right.type:
        return left, right
    if left.type.is_exact and right.type.is_exact:
        a, b = exact(left), exact(right)
        scale = max(a.type.scale, b.type.scale)
        whole = max(a.type.precision - a.type.scale, b.type.precision - b.type.scale)
        wide = decimal_of(whole + scale, scale, verb, left, right)
        return cast(a, wide), cast(b, wide)
    if left.type.is_numeric and right.type.is_numeric:
        return cast(left, DOUBLE), cast(right, DOUBLE)
    raise DefinitionError(
        f"cannot {verb} {left.type} and {right.type}", mend="use two values of one type, or two numbers"
    )


def as_written(expr: Expr, other: Expr) -> Expr:
    """A fractional constant beside an exact number as the decimal that was written; all else as it is."""
    if isinstance(expr, Constant) and isinstance(expr.value, float) and other.type.is_exact:
        return decimal_constant(Decimal(repr(expr.value)))
    return expr


def decimal_of(precision: int, scale: int, verb: str, left: Expr, right: Expr) -> Type:
    """The decimal type of a result.

    Raises:
        DefinitionError: it would need more than 38 digits.
    """
    if precision > MAX_DIGITS:
        raise DefinitionError(
            f"to {verb} {left.type} and {right.type} exactly takes {precision} digits; at most {MAX_DIGITS} are held",
            mend='use fields of fewer digits, narrow one with .cast("decimal(18,2)"), or divide first',
        )
    return Type("decimal", precision, scale)


# The types a `cast` node may go between, widening; a renderer has one rule for each.
CASTS: Final = {("int", "decimal"), ("decimal", "decimal"), ("int", "double"), ("decimal", "double")}
