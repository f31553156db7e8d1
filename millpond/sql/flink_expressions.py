"""The operations as Flink has them: its own where they are proven equal to the others, else Java functions of ours."""

from typing import Final

from millpond.plan.expr import Call, Constant, Expr
from millpond.plan.operations import LOCAL_PARTS, PARTS
from millpond.plan.types import DOUBLE, STRING, Kind
from millpond.sql.expressions import CastRule, Dialect, Rule, infix, plain
from millpond.sql.quote import flink_text


def finite(text: str, _call: Call) -> str:
    """A double, null where it is not finite."""
    return f"FINITE({text})"


# --- comparisons ----------------------------------------------------------------------------------------------------


def _equality(operator: str) -> Rule:
    plainly = infix(operator)
    return lambda dialect, call, args: plainly(dialect, call, _comparable(call.args, args))


def _order(operator: str) -> Rule:
    plainly = infix(operator)

    def rule(dialect: Dialect, call: Call, args: list[str]) -> str:
        if call.args[0].type == STRING:
            # Flink compares texts by UTF-8 or by UTF-16, as it happens to hold them.
            return f"(TEXT_ORDER({args[0]}, {args[1]}) {operator} 0)"
        return plainly(dialect, call, _comparable(call.args, args))

    return rule


def _in(_dialect: Dialect, call: Call, args: list[str]) -> str:
    value, *options = _comparable(call.args, args)
    return f"({value} IN ({', '.join(options)}))"


def _comparable(exprs: tuple[Expr, ...], args: list[str]) -> list[str]:
    """Doubles without -0.0: of `IN` and of equalities joined by OR the planner makes a set, where that is no 0.0."""
    return [_unsigned(expr, text) if expr.type == DOUBLE else text for expr, text in zip(exprs, args, strict=True)]


def _unsigned(expr: Expr, text: str) -> str:
    if isinstance(expr, Constant):
        return text if expr.value else "CAST('0.0' AS DOUBLE)"
    return f"UNSIGNED_ZERO({text})"


# --- numbers --------------------------------------------------------------------------------------------------------


def _function(name: str, *more: str) -> Rule:
    return lambda _dialect, _call, args: f"{name}({', '.join((*args, *more))})"


def _to_places(native: str, rounding: str) -> Rule:
    def rule(_dialect: Dialect, call: Call, args: list[str]) -> str:
        if call.type == DOUBLE:
            return f"{native}({args[0]})"
        return f"TO_DECIMAL({args[0]}, {call.type.precision}, {call.type.scale}, '{rounding}')"

    return rule


# --- casts ----------------------------------------------------------------------------------------------------------


def _nearest(_dialect: Dialect, _call: Call, arg: str) -> str:
    # Flink rounds the digits to a double, and then the division by a power of ten: wrong from 16 digits on.
    return f"TO_DOUBLE({arg})"


def _to_decimal(_dialect: Dialect, call: Call, arg: str) -> str:
    return f"TO_DECIMAL({arg}, {call.type.precision}, {call.type.scale}, 'HALF_UP')"


def _to_int(_dialect: Dialect, _call: Call, arg: str) -> str:
    return f"TO_INT({arg})"


def _truth_as_text(_dialect: Dialect, _call: Call, arg: str) -> str:
    # Its own would be TRUE and FALSE.
    return f"ASCII_CASE(CAST({arg} AS STRING), FALSE)"


CASTS: Final[dict[tuple[Kind, Kind], CastRule]] = {
    ("int", "decimal"): plain,
    ("decimal", "decimal"): plain,
    ("int", "double"): plain,
    ("decimal", "double"): _nearest,
}
TRY_CASTS: Final[dict[tuple[Kind, Kind], CastRule]] = {
    ("int", "decimal"): _to_decimal,
    ("decimal", "decimal"): _to_decimal,
    ("double", "decimal"): _to_decimal,
    ("string", "decimal"): _to_decimal,
    ("decimal", "int"): _to_int,
    ("double", "int"): _to_int,
    ("string", "int"): _to_int,
    ("boolean", "int"): plain,
    ("string", "double"): _nearest,
    ("int", "string"): plain,
    ("decimal", "string"): plain,
    ("boolean", "string"): _truth_as_text,
}


# --- instants -------------------------------------------------------------------------------------------------------


def _part(name: str) -> Rule:
    return lambda _dialect, _call, args: f"INSTANT_PART({args[0]}, '{name}')"


def _local_part(name: str) -> Rule:
    def rule(_dialect: Dialect, call: Call, args: list[str]) -> str:
        rules = call.args[2]
        assert isinstance(rules, Constant)
        return f"INSTANT_PART(LOCAL_INSTANT({args[0]}, {flink_text(str(rules.value))}), '{name}')"

    return rule


RULES: Final[dict[str, Rule]] = {
    "eq": _equality("="),
    "ne": _equality("<>"),
    "lt": _order("<"),
    "le": _order("<="),
    "gt": _order(">"),
    "ge": _order(">="),
    "in": _in,
    "round": _to_places("ROUND_HALF_AWAY", "HALF_UP"),
    "floor": _to_places("FLOOR", "FLOOR"),
    "ceil": _to_places("CEIL", "CEILING"),
    "floor_div": _function("FLOOR_DIVIDE"),
    "mod": _function("FLOOR_REMAINDER"),
    "sqrt": _function("SQUARE_ROOT"),  # Flink's own is a power of 0.5, which rounds otherwise
    "ln": _function("LOGARITHM"),
    "exp": _function("EXPONENTIAL"),
    "haversine_km": _function("HAVERSINE_KM"),
    "length": _function("TEXT_LENGTH"),
    "lower": _function("ASCII_CASE", "FALSE"),
    "upper": _function("ASCII_CASE", "TRUE"),
    "strip": _function("STRIPPED", "TRUE", "TRUE"),
    "lstrip": _function("STRIPPED", "TRUE", "FALSE"),
    "rstrip": _function("STRIPPED", "FALSE", "TRUE"),
    "substr": _function("TEXT_PART"),
    "contains": _function("TEXT_HOLDS", "'anywhere'"),
    "starts_with": _function("TEXT_HOLDS", "'start'"),
    "ends_with": _function("TEXT_HOLDS", "'end'"),
    "replace": _function("TEXT_REPLACED"),
    "like": _function("TEXT_LIKE"),
    **{part: _part(part) for part in PARTS},
    **{f"local_{part}": _local_part(part) for part in LOCAL_PARTS},
}
