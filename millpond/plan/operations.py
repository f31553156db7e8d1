"""What may be done with expressions: one table of operations, each with the rule that types it or refuses it.

Result types are ours: wide enough for every result, or the result is null where it does not fit; nothing wraps.
"""

from collections.abc import Callable
from typing import Final

from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Call, Constant, Expr, as_written, cast, common, constant, decimal_of, exact
from millpond.plan.types import BOOLEAN, DOUBLE, INT, MAX_DIGITS, STRING, TIMESTAMP, Type

# What of an instant may be asked for. Monday is day of week 0, as in ibis and Python.
PARTS: Final = (
    "year", "quarter", "month", "day", "day_of_year", "day_of_week", "hour", "minute", "second", "millisecond",
    "epoch_seconds",
)  # fmt: skip
LOCAL_PARTS: Final = ("hour", "day_of_week")
EARTH_RADIUS_KM: Final = 6371.0088  # the mean radius, (2a + b) / 3, of the IUGG
GREATEST_LATITUDE: Final = 90.0
GREATEST_LONGITUDE: Final = 360.0  # -180 to 180 and 0 to 360 are both in use
# e ** x is null above the one, which is next to overflow, and 0 below the other, where doubles lose their digits.
GREATEST_EXPONENT: Final = 709.78
LEAST_EXPONENT: Final = -708.0
LONGEST_PART: Final = 1_000_000  # code points a substr may skip or take

# The types `.cast(…)` may go between where that is no widening; a renderer has one rule for each.
TRY_CASTS: Final = {
    ("int", "decimal"), ("decimal", "decimal"), ("double", "decimal"), ("string", "decimal"),
    ("decimal", "int"), ("double", "int"), ("string", "int"), ("boolean", "int"),
    ("string", "double"),
    ("int", "string"), ("decimal", "string"), ("boolean", "string"),
}  # fmt: skip


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
        wide = decimal_of(whole + scale, scale, verb, left, right)
        return Call(op, wide, (cast(a, wide), cast(b, wide)))

    return build


# Flink types a product one digit wider than it needs, and where that passes 38 cuts its scale down to 6.
FULL_WIDTH_SCALE: Final = 6


def _mul(left: Expr, right: Expr) -> Expr:
    left, right = _numbers(left, right, "multiply")
    if DOUBLE in (left.type, right.type):
        return Call("mul", DOUBLE, (cast(left, DOUBLE), cast(right, DOUBLE)))
    a, b = exact(left), exact(right)
    wide = decimal_of(a.type.precision + b.type.precision, a.type.scale + b.type.scale, "multiply", left, right)
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
    return as_written(left, right), as_written(right, left)


# --- null, and a choice of values -----------------------------------------------------------------------------------


def _internal(name: str) -> Callable[..., Expr]:
    def build(*_args: Expr) -> Expr:
        raise DefinitionError(f"{name} is not written by hand", mend="leave it out: it is put in where it is needed")

    return build


def null(type: Type) -> Call:
    """The null of a type."""
    return Call("null", type, ())


def of_one_type(values: tuple[Expr | None, ...], verb: str) -> tuple[Expr, ...]:
    """Values in the one type that holds them all; None is that type's null.

    Raises:
        DefinitionError: there is no such type, or every value is null.
    """
    told = [value for value in values if value is not None]
    if not told:
        raise DefinitionError(f"cannot {verb} nulls alone", mend="give at least one value that has a type")
    wide = told[0]
    for value in told[1:]:
        wide, _ = common(wide, value, verb)
    return tuple(null(wide.type) if value is None else common(value, wide, verb)[0] for value in values)


def _coalesce(*args: Expr | None) -> Expr:
    values = of_one_type(tuple(arg for arg in args if arg is not None), "take the first of")
    return values[0] if len(values) == 1 else Call("coalesce", values[0].type, values)


def case(branches: tuple[tuple[Expr, Expr | None], ...], otherwise: Expr | None) -> Expr:
    """The value of the first branch whose condition is true, else the last; None is null.

    Raises:
        DefinitionError: a condition is no boolean, or the values have no common type.
    """
    for condition, _value in branches:
        if condition.type != BOOLEAN:
            raise DefinitionError(
                f"a case asks a boolean, not {condition.type}", mend="write a comparison: ibis.cases((_.a > 1, 2))"
            )
    *values, last = of_one_type((*(value for _condition, value in branches), otherwise), "choose between")
    told = [part for (asked, _), value in zip(branches, values, strict=True) for part in (asked, value)]
    return Call("case", last.type, (*told, last))


def _case(*args: Expr) -> Expr:
    return case(tuple(zip(args[:-1:2], args[1:-1:2], strict=True)), args[-1])


def null_if(value: Expr, unwanted: Expr) -> Expr:
    """The value, null where it equals another."""
    return case(((call("eq", value, unwanted), None),), value)


def extreme(op: str, values: tuple[Expr, ...]) -> Expr:
    """The first value that `op` (`le`, `ge`) puts before all others; null where any is null.

    Raises:
        DefinitionError: the values cannot be compared by size.
    """
    values = of_one_type(values, "compare")
    if len(values) == 1:
        return values[0]
    branches = []
    for value in values:
        before = [call(op, value, other) for other in values if other is not value]
        branches.append((before[0] if len(before) == 1 else call("and", *before), value))
    return case(tuple(branches), None)


# --- casts ----------------------------------------------------------------------------------------------------------


def cast_to(value: Expr, to: Type) -> Expr:
    """`value.cast(to)`: null where the type does not hold it. Decimals round half away from zero, ints toward zero.

    Raises:
        DefinitionError: no cast goes between the two types.
    """
    pair = value.type.kind, to.kind
    if value.type == to:
        return value
    if pair in (("int", "double"), ("decimal", "double")) or _widens(value.type, to):
        return cast(value, to)
    if to == BOOLEAN and value.type.is_numeric:
        return call("ne", value, constant(0, INT))
    if pair == ("string", "boolean"):
        text = call("lower", value)
        return case(
            (
                (call("eq", text, constant("true", STRING)), constant(True, BOOLEAN)),
                (call("eq", text, constant("false", STRING)), constant(False, BOOLEAN)),
            ),
            None,
        )
    if pair not in TRY_CASTS:
        raise DefinitionError(f"no cast goes from {value.type} to {to}", mend=_CAST_MENDS[_hurdle(*pair)])
    if pair == ("double", "decimal") and to.precision == to.scale:  # DuckDB reads no 1e-07 as such
        raise DefinitionError(
            f"{to} has no digit before the point",
            mend=f'write .cast("decimal({min(38, to.scale + 1)},{min(37, to.scale)})")',
        )
    return Call("try_cast", to, (value,))


def _widens(type: Type, to: Type) -> bool:
    if not type.is_exact or to.kind != "decimal":
        return False
    held = type.as_decimal
    return to.scale >= held.scale and to.precision - to.scale >= held.precision - held.scale


def _hurdle(kind: str, to: str) -> str:
    return "timestamp" if "timestamp" in (kind, to) else "double" if (kind, to) == ("double", "string") else "boolean"


_CAST_MENDS: Final = {
    "timestamp": "take a part of the instant (.hour(), .epoch_seconds()), or give the field a timestamp type in Avro",
    "double": 'every engine writes doubles in its own way: .cast("decimal(18,4)").cast("string")',
    "boolean": 'cast to "int", or choose the values: _.a.ifelse(1.5, 0.5)',
}


# --- texts ----------------------------------------------------------------------------------------------------------


def _texts(op: str, type: Type) -> Callable[..., Expr]:
    def build(*args: Expr) -> Expr:
        _all_texts(op, args)
        return Call(op, type, args)

    return build


def _all_texts(op: str, args: tuple[Expr, ...]) -> None:
    for arg in args:
        if arg.type != STRING:
            raise DefinitionError(f"{op} takes texts, not {arg.type}", mend='cast it first: .cast("string")')


def _substr(text: Expr, start: Expr, length: Expr) -> Expr:
    _all_texts("substr", (text,))
    for bound in (start, length):
        if not isinstance(bound, Constant) or bound.type != INT or not 0 <= int(bound.value) <= LONGEST_PART:
            raise DefinitionError(
                "substr takes whole constants that count from the start", mend=f"write 0 to {LONGEST_PART} code points"
            )
    return Call("substr", STRING, (text, start, length))


def _replace(text: Expr, old: Expr, new: Expr) -> Expr:
    _all_texts("replace", (text, old, new))
    if not isinstance(old, Constant) or not isinstance(new, Constant) or old.value == "":
        # Of two fields of a megabyte each could come a text of a terabyte.
        raise DefinitionError("replace takes constants, and something to replace", mend='write .replace("-", "")')
    return Call("replace", STRING, (text, old, new))


def _like(text: Expr, pattern: Expr) -> Expr:
    _all_texts("like", (text, pattern))
    if not isinstance(pattern, Constant):
        raise DefinitionError("like takes a constant pattern", mend="use contains, startswith or endswith")
    return Call("like", BOOLEAN, (text, pattern))


# --- instants -------------------------------------------------------------------------------------------------------


def _part(op: str) -> Callable[..., Expr]:
    def build(instant: Expr) -> Expr:
        _instant(op, instant)
        return Call(op, INT, (instant,))

    return build


def _local_part(op: str) -> Callable[..., Expr]:
    def build(instant: Expr, zone: Expr, rules: Expr) -> Expr:
        _instant(op, instant)
        return Call(op, INT, (instant, zone, rules))

    return build


def _instant(op: str, arg: Expr) -> None:
    if arg.type != TIMESTAMP:
        raise DefinitionError(f"{op} takes a timestamp, not {arg.type}", mend="name a field of a timestamp type")


# --- numbers --------------------------------------------------------------------------------------------------------


def _number(op: str, arg: Expr) -> Expr:
    if not arg.type.is_numeric:
        raise DefinitionError(f"{op} takes a number, not {arg.type}", mend='cast it first: .cast("decimal(18,4)")')
    return arg


def _abs(arg: Expr) -> Expr:
    arg = arg if _number("abs", arg).type == DOUBLE else exact(arg)
    return Call("abs", arg.type, (arg,))


def sign(arg: Expr) -> Expr:
    """-1, 0 or 1 as an int."""
    zero = constant(0, INT)
    branches = [
        (call(op, _number("sign", arg), zero), constant(n, INT)) for op, n in (("gt", 1), ("lt", -1), ("eq", 0))
    ]
    return case(tuple(branches), None)


def _whole(op: str) -> Callable[..., Expr]:
    def build(arg: Expr) -> Expr:
        type = _number(op, arg).type
        if type.kind == "int" or (type.kind == "decimal" and type.scale == 0):
            return arg
        if type == DOUBLE:
            return Call(op, DOUBLE, (arg,))
        return Call(op, Type("decimal", type.precision - type.scale + 1, 0), (arg,))

    return build


def _round(arg: Expr, digits: Expr) -> Expr:
    if not isinstance(digits, Constant) or digits.type != INT or not 0 <= int(digits.value) <= MAX_DIGITS:
        raise DefinitionError("round takes a constant number of digits", mend=f"write 0 to {MAX_DIGITS}")
    places, type = int(digits.value), _number("round", arg).type
    if type == DOUBLE:
        if places:
            raise DefinitionError(
                "a double has no decimal digits to round to", mend=f'write .cast("decimal(38,{places})")'
            )
        return Call("round", DOUBLE, (arg,))
    held = type.as_decimal
    if places >= held.scale:
        return arg
    return Call("round", Type("decimal", held.precision - held.scale + places + 1, places), (arg,))


def _floor_div(left: Expr, right: Expr) -> Expr:
    left, right = common(_number("//", left), _number("//", right), "divide")
    if left.type == DOUBLE:
        raise DefinitionError("// takes exact numbers, not double", mend="write (a / b).floor()")
    # The quotient of two whole numbers of n digits has at most n digits; -2**63 // -1 is the one int that is null.
    return Call("floor_div", left.type if left.type == INT else Type("decimal", left.type.precision, 0), (left, right))


def _mod(left: Expr, right: Expr) -> Expr:
    left, right = common(_number("%", left), _number("%", right), "divide")
    if left.type == DOUBLE:  # DuckDB's fmod is not exact: of 1.8e308 by 0.5 it is infinite
        raise DefinitionError("% takes exact numbers, not double", mend='cast them first: .cast("decimal(18,4)")')
    return Call("mod", left.type, (left, right))


def _of_doubles(op: str) -> Callable[..., Expr]:
    def build(*args: Expr) -> Expr:
        return Call(op, DOUBLE, tuple(cast(_number(op, arg), DOUBLE) for arg in args))

    return build


# What an author may write, and the two that are put in by rules: `cast`, which widens, and `null`.
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
    "coalesce": _coalesce,
    "case": _case,
    "null": _internal("null"),
    "add": _sum_type("add", "add"),
    "sub": _sum_type("sub", "subtract"),
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "abs": _abs,
    "round": _round,
    "floor": _whole("floor"),
    "ceil": _whole("ceil"),
    "floor_div": _floor_div,
    "mod": _mod,
    "sqrt": _of_doubles("sqrt"),
    "ln": _of_doubles("ln"),
    "exp": _of_doubles("exp"),
    "haversine_km": _of_doubles("haversine_km"),
    "length": _texts("length", INT),
    "lower": _texts("lower", STRING),
    "upper": _texts("upper", STRING),
    "strip": _texts("strip", STRING),
    "lstrip": _texts("lstrip", STRING),
    "rstrip": _texts("rstrip", STRING),
    "substr": _substr,
    "concat": _texts("concat", STRING),
    "contains": _texts("contains", BOOLEAN),
    "starts_with": _texts("starts_with", BOOLEAN),
    "ends_with": _texts("ends_with", BOOLEAN),
    "replace": _replace,
    "like": _like,
    **{part: _part(part) for part in PARTS},
    **{f"local_{part}": _local_part(f"local_{part}") for part in LOCAL_PARTS},
    "cast": _internal("cast"),
    "try_cast": _internal("try_cast"),
}
INTERNAL: Final = ("null", "cast", "try_cast")  # see `cast_to`


def call(op: str, *args: Expr) -> Expr:
    """An operation over typed arguments, itself typed.

    Raises:
        DefinitionError: the types do not fit, or the exact result would need more than 38 digits.
    """
    return OPERATIONS[op](*args)
