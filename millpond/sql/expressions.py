"""Expression trees as SQL, by tables: one rule for each operation, one literal for each type; what is absent raises.

Every rule is total: no value of its arguments makes the engine raise, wrap, or give a double that is not finite.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from millpond.plan.errors import PlanError
from millpond.plan.expr import Call, Constant, Expr, Field
from millpond.plan.types import Kind, Type

GREATEST_DOUBLE: Final = "1.7976931348623157E308"
NARROW_DIGITS: Final = 18  # of the decimals that engines hold in 64 bits
# A double holds every whole number of 15 digits, and one division by a power of ten then rounds once.
EXACT_DIGITS_OF_A_DOUBLE: Final = 15


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine writes what the shared rules leave open.

    Args:
        identifier: quotes a name.
        text: quotes a string constant.
        types: the engine's name of each kind of type; decimals get their digits appended.
    """

    identifier: Callable[[str], str]
    text: Callable[[str], str]
    types: Mapping[Kind, str]

    def type_name(self, type: Type) -> str:
        """A type as a cast or a column names it."""
        name = self.types[type.kind]
        return f"{name}({type.precision}, {type.scale})" if type.kind == "decimal" else name

    def cast(self, text: str, type: Type) -> str:
        """An expression converted to a type."""
        return f"CAST({text} AS {self.type_name(type)})"


def render(expr: Expr, dialect: Dialect, column: Callable[[str], str]) -> str:
    """The SQL of a tree, in parentheses where it needs them.

    Args:
        column: the SQL of a source field, by name.

    Raises:
        PlanError: an operation that no rule renders.
    """
    match expr:
        case Field():
            return column(expr.name)
        case Constant():
            return LITERALS[expr.type.kind](dialect, expr)
        case Call():
            rule = RULES.get(expr.op)
            if rule is None:
                raise PlanError(f"no SQL is known for the operation {expr.op!r}", mend="run `millpond compile` again")
            return rule(dialect, expr, [render(arg, dialect, column) for arg in expr.args])


# --- constants ------------------------------------------------------------------------------------------------------


def _boolean(_dialect: Dialect, constant: Constant) -> str:
    return "TRUE" if constant.value else "FALSE"


def _whole(dialect: Dialect, constant: Constant) -> str:
    return dialect.cast(str(constant.value), constant.type)


def _decimal(dialect: Dialect, constant: Constant) -> str:
    # From text: Flink refuses numeric literals of 38 digits, and DuckDB may take them for doubles. Flink counts a zero
    # before the point as a digit, so that '0.01' overflows decimal(2,2).
    text = str(constant.value)
    for sign in ("", "-"):
        if text.startswith(f"{sign}0."):
            text = sign + text.removeprefix(f"{sign}0")
    return dialect.cast(f"'{text}'", constant.type)


def _double(dialect: Dialect, constant: Constant) -> str:
    return dialect.cast(f"'{constant.value}'", constant.type)


def _text(dialect: Dialect, constant: Constant) -> str:
    return dialect.text(str(constant.value))


Literal = Callable[[Dialect, Constant], str]
LITERALS: Final[dict[Kind, Literal]] = {
    "boolean": _boolean,
    "int": _whole,
    "timestamp": _whole,
    "decimal": _decimal,
    "double": _double,
    "string": _text,
}


# --- operations -----------------------------------------------------------------------------------------------------

Rule = Callable[[Dialect, Call, list[str]], str]


def _infix(operator: str) -> Rule:
    return lambda _dialect, _call, args: "(" + f" {operator} ".join(args) + ")"


def _not(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"(NOT {args[0]})"


def _is_null(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"({args[0]} IS NULL)"


def _in(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"({args[0]} IN ({', '.join(args[1:])}))"


def _finite(text: str) -> str:
    """Null unless finite: no comparison with NaN is true, and infinities are greater than the greatest."""
    return f"CASE WHEN ABS({text}) <= {GREATEST_DOUBLE} THEN {text} END"


def _sum(operator: str) -> Rule:
    def rule(dialect: Dialect, call: Call, args: list[str]) -> str:
        if call.type.kind == "double":
            return _finite(f"({args[0]} {operator} {args[1]})")
        # The result has one digit more than its sides need. Added at the result's width, an engine gives yet one digit
        # more, and past 38 Flink cuts the scale: a digit was lost from decimal(38,20) + decimal(38,20).
        # Sides of 18 digits DuckDB would add in 64 bits, and raise on overflow.
        digits = call.type.precision - 1
        side = Type("decimal", digits + 1 if digits == NARROW_DIGITS else digits, call.type.scale)
        return dialect.cast(f"({dialect.cast(args[0], side)} {operator} {dialect.cast(args[1], side)})", call.type)

    return rule


def _mul(dialect: Dialect, call: Call, args: list[str]) -> str:
    if call.type.kind == "double":
        return _finite(f"({args[0]} * {args[1]})")
    left, right = (arg.type for arg in call.args)
    first = args[0]
    if max(left.precision, right.precision) <= NARROW_DIGITS < call.type.precision:
        # DuckDB multiplies 64 bits by 64 bits in 64 bits, and raises on overflow.
        first = dialect.cast(first, Type("decimal", NARROW_DIGITS + 1, left.scale))
    return dialect.cast(f"({first} * {args[1]})", call.type)


def _div(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return _finite(f"({args[0]} / {args[1]})")


def _neg(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"(- {args[0]})"


def _cast(dialect: Dialect, call: Call, args: list[str]) -> str:
    return CASTS[call.args[0].type.kind, call.type.kind](dialect, call, args[0])


def _plain(dialect: Dialect, call: Call, arg: str) -> str:
    return dialect.cast(arg, call.type)


def _nearest(dialect: Dialect, call: Call, arg: str) -> str:
    if call.args[0].type.precision <= EXACT_DIGITS_OF_A_DOUBLE:
        return dialect.cast(arg, call.type)
    # Both engines round the digits and then the division; read from text, a double is the nearest in one step.
    return dialect.cast(dialect.cast(arg, Type("string")), call.type)


CastRule = Callable[[Dialect, Call, str], str]
CASTS: Final[dict[tuple[Kind, Kind], CastRule]] = {
    ("int", "decimal"): _plain,
    ("decimal", "decimal"): _plain,
    ("int", "double"): _plain,
    ("decimal", "double"): _nearest,
}

RULES: Final[dict[str, Rule]] = {
    "eq": _infix("="),
    "ne": _infix("<>"),
    "lt": _infix("<"),
    "le": _infix("<="),
    "gt": _infix(">"),
    "ge": _infix(">="),
    "and": _infix("AND"),
    "or": _infix("OR"),
    "not": _not,
    "is_null": _is_null,
    "in": _in,
    "add": _sum("+"),
    "sub": _sum("-"),
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "cast": _cast,
}
