"""The value of our expression tree for one event, in plain Python: exact decimals, SQL's nulls, never an exception.

x / 0 is null; a double that is not finite is null; null meets null in three-valued logic.
"""

import math
import operator
import re
import string
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from millpond.plan import zones
from millpond.plan.expr import Call, Constant, Expr, Field
from millpond.plan.operations import (
    EARTH_RADIUS_KM,
    GREATEST_EXPONENT,
    GREATEST_LATITUDE,
    GREATEST_LONGITUDE,
    LEAST_EXPONENT,
    LOCAL_PARTS,
)
from millpond.plan.types import INT_MAX, INT_MIN, MAX_DIGITS, Kind, Type

Value = bool | int | float | str | Decimal
Event = Mapping[str, Value | None]  # a timestamp is its milliseconds
_Values = Sequence[Any]
_Rule = Callable[[Type, _Values], Value | None]
Evaluator = Callable[[Event], Value | None]

LEAST_WHOLE_DOUBLE: Final = 2.0**52  # from here on every double is a whole number
HALF: Final = 0.5
_EXACT: Final = Context(prec=100)  # wider than any exact result here, which has at most 38 digits: never rounds


def evaluate(expr: Expr, event: Event) -> Value | None:
    """The expression's value for an event, None for null; see `evaluator` for many events.

    Raises:
        KeyError: the event lacks a field that the expression reads (a null field is None, not absent).
    """
    return evaluator(expr)(event)


def evaluator(expr: Expr) -> Evaluator:
    """What gives an expression's value for an event: looked through once, it takes a fifth of the time."""
    match expr:
        case Field(name=name):
            return operator.itemgetter(name)
        case Constant():
            value = _constant(expr)
            return lambda event: value
        case Call(op="and"):
            every = tuple(map(evaluator, _chain(expr)))
            return lambda event: _all(part(event) for part in every)
        case Call(op="or"):
            some = tuple(map(evaluator, _chain(expr)))
            return lambda event: _any(part(event) for part in some)
        case Call(op=op, type=type, args=args):
            return _of_parts(EVALUATE[op], type, tuple(map(evaluator, args)))


def _chain(expr: Call) -> Iterator[Expr]:
    """The arguments of an operation, and of those arguments that are the same one: (a or b) or c is a or b or c."""
    for arg in expr.args:
        if isinstance(arg, Call) and arg.op == expr.op:
            yield from _chain(arg)
        else:
            yield arg


def _of_parts(rule: _Rule, type: Type, parts: tuple[Evaluator, ...]) -> Evaluator:
    """What applies a rule to the values of its arguments."""
    match parts:
        case (one,):
            return lambda event: rule(type, (one(event),))
        case (left, right):
            return lambda event: rule(type, (left(event), right(event)))
        case _:
            return lambda event: rule(type, [part(event) for part in parts])


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


def _all(args: Iterable[Any]) -> bool | None:
    """What comes behind a false one is not asked: expressions are total."""
    result: bool | None = True
    for arg in args:
        if arg is False:
            return False
        if arg is None:
            result = None
    return result


def _any(args: Iterable[Any]) -> bool | None:
    """What comes behind a true one is not asked: expressions are total."""
    result: bool | None = False
    for arg in args:
        if arg is True:
            return True
        if arg is None:
            result = None
    return result


def _is_null(type: Type, args: _Values) -> bool:
    return args[0] is None


def _arithmetic(on_doubles: Callable[..., float], on_decimals: Callable[..., Decimal]) -> _Rule:
    def rule(type: Type, args: _Values) -> Value | None:
        if None in args:
            return None
        return _finite(on_doubles(*args)) if type.kind == "double" else _unsigned(on_decimals(*args))

    return rule


def _unsigned(value: Decimal) -> Decimal:
    """SQL's decimals have no -0.00, which as a double would be -0.0."""
    return _EXACT.plus(value)


def _divide(a: float, b: float) -> float | None:
    return None if b == 0 else _finite(a / b)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _floor(value: float) -> float:
    return math.copysign(math.floor(value), value)


def _cast(type: Type, args: _Values) -> Value | None:
    (value,) = args
    if value is None:
        return None
    if type.kind == "double":
        return float(value)  # to the nearest, also from a decimal of 38 digits
    return _fitted(Decimal(value), type)


def _fitted(value: Decimal, type: Type, rounding: str = ROUND_HALF_UP) -> Decimal | None:
    """The value with the type's digits behind the point; null where the type has too few before it."""
    if value.adjusted() > MAX_DIGITS:
        return None
    rounded = value.quantize(Decimal(1).scaleb(-type.scale), rounding, _EXACT)
    return _unsigned(rounded) if rounded.is_zero() or rounded.adjusted() < type.precision - type.scale else None


def _case(type: Type, args: Sequence[Value | None]) -> Value | None:
    *branches, otherwise = args
    for condition, value in zip(branches[::2], branches[1::2], strict=True):
        if condition is True:
            return value
    return otherwise


def _coalesce(type: Type, args: _Values) -> Value | None:
    return next((arg for arg in args if arg is not None), None)


# --- casts ----------------------------------------------------------------------------------------------------------

# What a text must be to be read as a number. Bounded, for what takes long to read could hold up a job.
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,99}")
_EXACT_NUMBER: Final = re.compile(r"[+-]?([0-9]{1,99}(\.[0-9]{0,99})?|\.[0-9]{1,99})")
_NUMBER: Final = re.compile(_EXACT_NUMBER.pattern + r"([eE][+-]?[0-9]{1,9})?")


def _try_cast(type: Type, args: _Values) -> Value | None:
    (value,) = args
    return None if value is None else _TO[type.kind](value, type)


def _to_decimal(value: Value, type: Type) -> Decimal | None:
    match value:
        case str():
            return _fitted(Decimal(value), type) if _EXACT_NUMBER.fullmatch(value) else None
        case float():
            return _fitted(Decimal(repr(value)), type)  # the shortest decimal that is this double
        case _:
            return _fitted(Decimal(value), type)


def _to_int(value: Value, type: Type) -> int | None:
    if isinstance(value, str) and not _WHOLE.fullmatch(value):
        return None
    whole = int(value)
    return whole if INT_MIN <= whole <= INT_MAX else None


def _to_double(value: Value, type: Type) -> float | None:
    return _finite(float(value)) if _NUMBER.fullmatch(str(value)) else None


def _to_text(value: Value, type: Type) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case _:
            return str(value)


_TO: Final[dict[Kind, Callable[[Any, Type], Value | None]]] = {
    "decimal": _to_decimal,
    "int": _to_int,
    "double": _to_double,
    "string": _to_text,
}

# --- texts ----------------------------------------------------------------------------------------------------------

_BLANKS: Final = " \t\n\r\v\f"
# Of ASCII alone: beyond, engines differ in what they call the capital of a letter (the sharp s has two).
_LOWER: Final = {ord(letter): letter.lower() for letter in string.ascii_uppercase}
_UPPER: Final = {ord(letter): letter.upper() for letter in string.ascii_lowercase}


def _like(text: str, pattern: str) -> bool:
    """% stands for any text, _ for one code point. In steps of at most both lengths' product, whatever the pattern."""
    at = seen = 0
    star, resumed = -1, 0
    while at < len(text):
        if seen < len(pattern) and pattern[seen] == "%":
            star, resumed = seen, at
            seen += 1
        elif seen < len(pattern) and pattern[seen] in ("_", text[at]):
            at, seen = at + 1, seen + 1
        elif star >= 0:
            resumed += 1
            at, seen = resumed, star + 1
        else:
            return False
    return all(char == "%" for char in pattern[seen:])


# --- instants -------------------------------------------------------------------------------------------------------

_YEAR_ONE: Final = datetime(1, 1, 1)  # noqa: DTZ001  a clock without a zone, set to UTC or to a zone's own time
_PARTS: Final[dict[str, Callable[[datetime], int]]] = {
    "year": lambda at: at.year,
    "quarter": lambda at: (at.month + 2) // 3,
    "month": lambda at: at.month,
    "day": lambda at: at.day,
    "day_of_year": lambda at: at.timetuple().tm_yday,
    "day_of_week": lambda at: at.weekday(),
    "hour": lambda at: at.hour,
    "minute": lambda at: at.minute,
    "second": lambda at: at.second,
    "millisecond": lambda at: at.microsecond // 1000,
    "epoch_seconds": lambda at: (at - _YEAR_ONE) // timedelta(seconds=1) + zones.FIRST_INSTANT // 1000,
}


def _part(name: str) -> Callable[..., Value | None]:
    def compute(instant: int) -> int | None:
        if not zones.FIRST_INSTANT <= instant <= zones.LAST_INSTANT:
            return None
        return _PARTS[name](_YEAR_ONE + timedelta(milliseconds=instant - zones.FIRST_INSTANT))

    return compute


def _local_part(name: str) -> Callable[..., Value | None]:
    part = _part(name)

    def compute(instant: int, _zone: str, rules: str) -> Value | None:
        local = zones.local(instant, rules)
        return None if local is None else part(local)

    return compute


# --- numbers --------------------------------------------------------------------------------------------------------


def _to_places(rounding: str, on_doubles: Callable[[float], float]) -> _Rule:
    def rule(type: Type, args: _Values) -> Value | None:
        (value,) = args
        if value is None:
            return None
        return on_doubles(value) if type.kind == "double" else _fitted(value, type, rounding)

    return rule


def _half_away(value: float) -> float:
    """The nearest whole number, the one further from zero where two are."""
    if abs(value) >= LEAST_WHOLE_DOUBLE:
        return value
    whole = math.trunc(value)
    away = 1 if abs(value - whole) >= HALF else 0
    return math.copysign(abs(whole) + away, value)


def _floor_div(type: Type, args: _Values) -> Value | None:
    left, right = args
    if left is None or right is None or right == 0:
        return None
    if type.kind == "int":
        whole = left // right
        return whole if whole <= INT_MAX else None
    return _fitted(_EXACT.divide_int(_EXACT.subtract(left, _floored_remainder(left, right)), right), type)


def _mod(type: Type, args: _Values) -> Value | None:
    left, right = args
    if left is None or right is None or right == 0:
        return None
    return _floored_remainder(left, right) if type.kind == "decimal" else left % right


def _floored_remainder(left: Decimal, right: Decimal) -> Decimal:
    """With the sign of the divisor, as Python's ints have it; its Decimals have the dividend's."""
    rest = _EXACT.remainder(left, right)
    return _unsigned(_EXACT.add(rest, right) if rest and (rest < 0) != (right < 0) else rest)


def _exp(value: float) -> float | None:
    """Null and 0 where engines might differ by more than their last digits: next to overflow, and below 1e-307."""
    return None if value > GREATEST_EXPONENT else 0.0 if value < LEAST_EXPONENT else math.exp(value)


def _haversine_km(lat1: float, lon1: float, lat2: float, lon2: float) -> float | None:
    if max(abs(lat1), abs(lat2)) > GREATEST_LATITUDE or max(abs(lon1), abs(lon2)) > GREATEST_LONGITUDE:
        return None
    cosines = math.cos(math.radians(lat1)) * math.cos(math.radians(lat2))
    half_lat, half_lon = math.radians(lat2 - lat1) / 2, math.radians(lon2 - lon1) / 2
    # Of the way, and of the rest to the antipode, each without a difference that would cancel: exact at both ends.
    way = math.sin(half_lat) ** 2 + cosines * math.sin(half_lon) ** 2
    rest = math.sin(math.radians(lat1 + lat2) / 2) ** 2 + cosines * math.cos(half_lon) ** 2
    return 2 * EARTH_RADIUS_KM * math.atan2(math.sqrt(way), math.sqrt(rest))


EVALUATE: Final[dict[str, _Rule]] = {
    "eq": _of_values(operator.eq),
    "ne": _of_values(operator.ne),
    "lt": _of_values(operator.lt),
    "le": _of_values(operator.le),
    "gt": _of_values(operator.gt),
    "ge": _of_values(operator.ge),
    "and": lambda type, args: _all(args),
    "or": lambda type, args: _any(args),
    "not": _of_values(operator.not_),
    "is_null": _is_null,
    "in": _of_values(lambda value, *options: value in options),
    "coalesce": _coalesce,
    "case": _case,
    "null": lambda type, args: None,
    "add": _arithmetic(operator.add, _EXACT.add),
    "sub": _arithmetic(operator.sub, _EXACT.subtract),
    "mul": _arithmetic(operator.mul, _EXACT.multiply),
    "div": _of_values(_divide),
    "neg": _arithmetic(operator.neg, _EXACT.minus),
    "abs": _arithmetic(abs, _EXACT.abs),
    "round": _to_places(ROUND_HALF_UP, _half_away),
    "floor": _to_places(ROUND_FLOOR, lambda value: value if abs(value) >= LEAST_WHOLE_DOUBLE else _floor(value)),
    "ceil": _to_places(ROUND_CEILING, lambda value: value if abs(value) >= LEAST_WHOLE_DOUBLE else -_floor(-value)),
    "floor_div": _floor_div,
    "mod": _mod,
    "sqrt": _of_values(lambda value: None if value < 0 else math.sqrt(value)),
    "ln": _of_values(lambda value: None if value <= 0 else math.log(value)),
    "exp": _of_values(_exp),
    "haversine_km": _of_values(_haversine_km),
    "length": _of_values(len),
    "lower": _of_values(lambda text: text.translate(_LOWER)),
    "upper": _of_values(lambda text: text.translate(_UPPER)),
    "strip": _of_values(lambda text: text.strip(_BLANKS)),
    "lstrip": _of_values(lambda text: text.lstrip(_BLANKS)),
    "rstrip": _of_values(lambda text: text.rstrip(_BLANKS)),
    "substr": _of_values(lambda text, start, length: text[start : start + length]),
    "concat": _of_values(lambda *texts: "".join(texts)),
    "contains": _of_values(lambda text, part: part in text),
    "starts_with": _of_values(str.startswith),
    "ends_with": _of_values(str.endswith),
    "replace": _of_values(str.replace),
    "like": _of_values(_like),
    **{part: _of_values(_part(part)) for part in _PARTS},
    **{f"local_{part}": _of_values(_local_part(part)) for part in LOCAL_PARTS},
    "cast": _cast,
    "try_cast": _try_cast,
}
