"""The value of our expression tree for one event, in plain Python: exact decimals, SQL's nulls, never an exception.

x / 0 is null; a double that is not finite is null; null meets null in three-valued logic.
"""

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from decimal import Context, Decimal
from typing import Any, Final

from millpond.plan.expr import Call, Constant, Expr, Field
from millpond.plan.types import Type

Value = bool | int | float | str | Decimal
Event = Mapping[str, Value | None]  # a timestamp is its milliseconds
_Values = Sequence[Any]
_Rule = Callable[[Type, _Values], Value | None]

_EXACT: Final = Context(prec=100)  # wider than any exact result here, which has at most 38 digits: never rounds


def evaluate(expr: Expr, event: Event) -> Value | None:
    """The expression's value for an event, None for null.

    Raises:
        KeyError: the event lacks a field that the expression reads (a null field is None, not absent).
    """
    match expr:
        case Field(name=name):
            return event[name]
        case Constant():
            return _constant(expr)
        case Call(op=op, type=type, args=args):
            return EVALUATE[op](type, [evaluate(arg, event) for arg in args])


def _constant(expr: Constant) -> Value:
    match expr.type.kind:
        case "decimal":
            return Decimal(expr.value)
        case "double":
            return float(expr.value)
        case "int" | "timestamp" | "string" | "boolean":
            return expr.value


# --- rules ----------------------------------------------------------------------------------------------------------


def _of_values(compute: Callable[..., Value | None]) -> _Rule:
    """Null where an argument is null, as in SQL."""
    return lambda type, args: None if None in args else compute(*args)


def _and(type: Type, args: _Values) -> bool | None:
    if False in args:
        return False
    return None if None in args else True


def _or(type: Type, args: _Values) -> bool | None:
    if True in args:
        return True
    return None if None in args else False


def _is_null(type: Type, args: _Values) -> bool:
    return args[0] is None


def _arithmetic(on_doubles: Callable[..., float], on_decimals: Callable[..., Decimal]) -> _Rule:
    def rule(type: Type, args: _Values) -> Value | None:
        if None in args:
            return None
        return _finite(on_doubles(*args)) if type.kind == "double" else on_decimals(*args)

    return rule


def _divide(a: float, b: float) -> float | None:
    return None if b == 0 else _finite(a / b)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _cast(type: Type, args: _Values) -> Value | None:
    (value,) = args
    if value is None:
        return None
    if type.kind == "double":
        return float(value)  # to the nearest, also from a decimal of 38 digits
    return Decimal(value).quantize(Decimal(1).scaleb(-type.scale), context=_EXACT)


EVALUATE: Final[dict[str, _Rule]] = {
    "eq": _of_values(operator.eq),
    "ne": _of_values(operator.ne),
    "lt": _of_values(operator.lt),
    "le": _of_values(operator.le),
    "gt": _of_values(operator.gt),
    "ge": _of_values(operator.ge),
    "and": _and,
    "or": _or,
    "not": _of_values(operator.not_),
    "is_null": _is_null,
    "in": _of_values(lambda value, *options: value in options),
    "add": _arithmetic(operator.add, _EXACT.add),
    "sub": _arithmetic(operator.sub, _EXACT.subtract),
    "mul": _arithmetic(operator.mul, _EXACT.multiply),
    "div": _of_values(_divide),
    "neg": _arithmetic(operator.neg, _EXACT.minus),
    "cast": _cast,
}
