"""Expression trees as SQL, by tables: one rule for each operation, one literal for each type; what is absent raises.

Every rule is total: no value of its arguments makes the engine raise, wrap, or give a double that is not finite.
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from millpond.plan.errors import PlanError
from millpond.plan.expr import Call, Constant, Expr, Field
from millpond.plan.types import Kind, Type

NARROW_DIGITS: Final = 18  # of the decimals that engines hold in 64 bits


class Dialect(msgspec.Struct, frozen=True, kw_only=True):
    """How an engine writes what the shared rules leave open.

    Args:
        identifier: quotes a name.
        text: quotes a string constant.
        types: the engine's name of each kind of type; decimals get their digits appended.
        finite: a double, null where it is not finite; it is given over whose values it was computed.
        rules: the operations that have no shared rule.
        casts: the engine's way between two kinds of types, for `cast` and for `try_cast`.
    """

    identifier: Callable[[str], str]
    text: Callable[[str], str]
    types: Mapping[Kind, str]
    finite: Callable[[str, Call], str]
    rules: "Mapping[str, Rule]"
    casts: "Mapping[tuple[Kind, Kind], CastRule]"
    try_casts: "Mapping[tuple[Kind, Kind], CastRule]"

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
            rule = RULES.get(expr.op) or dialect.rules.get(expr.op)
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


def infix(operator: str) -> Rule:
    """An operator between its arguments."""
    return lambda _dialect, _call, args: "(" + f" {operator} ".join(args) + ")"


def _not(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"(NOT {args[0]})"


def _is_null(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"({args[0]} IS NULL)"


def _sum(operator: str) -> Rule:
    def rule(dialect: Dialect, call: Call, args: list[str]) -> str:
        if call.type.kind == "double":
            return dialect.finite(f"({args[0]} {operator} {args[1]})", call)
        # The result has one digit more than its sides need. Added at the result's width, an engine gives yet one digit
        # more, and past 38 Flink cuts the scale: a digit was lost from decimal(38,20) + decimal(38,20).
        # Sides of 18 digits DuckDB would add in 64 bits, and raise on overflow.
        digits = call.type.precision - 1
        side = Type("decimal", digits + 1 if digits == NARROW_DIGITS else digits, call.type.scale)
        return dialect.cast(f"({dialect.cast(args[0], side)} {operator} {dialect.cast(args[1], side)})", call.type)

    return rule


def _mul(dialect: Dialect, call: Call, args: list[str]) -> str:
    if call.type.kind == "double":
        return dialect.finite(f"({args[0]} * {args[1]})", call)
    left, right = (arg.type for arg in call.args)
    first = args[0]
    if max(left.precision, right.precision) <= NARROW_DIGITS < call.type.precision:
        # DuckDB multiplies 64 bits by 64 bits in 64 bits, and raises on overflow.
        first = dialect.cast(first, Type("decimal", NARROW_DIGITS + 1, left.scale))
    return dialect.cast(f"({first} * {args[1]})", call.type)


def _div(dialect: Dialect, call: Call, args: list[str]) -> str:
    return dialect.finite(f"({args[0]} / {args[1]})", call)


def _neg(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"(- {args[0]})"


def _abs(_dialect: Dialect, _call: Call, args: list[str]) -> str:
    return f"ABS({args[0]})"


def _null(dialect: Dialect, call: Call, _args: list[str]) -> str:
    return dialect.cast("NULL", call.type)


def _case(dialect: Dialect, call: Call, args: list[str]) -> str:
    *branches, otherwise = _values(dialect, call, args)
    told = " ".join(f"WHEN {asked} THEN {value}" for asked, value in zip(branches[::2], branches[1::2], strict=True))
    return f"CASE {told} ELSE {otherwise} END"


def _coalesce(dialect: Dialect, call: Call, args: list[str]) -> str:
    return f"COALESCE({', '.join(_values(dialect, call, args))})"


def _concat(dialect: Dialect, call: Call, args: list[str]) -> str:
    return "(" + " || ".join(_values(dialect, call, args)) + ")"


def _values(dialect: Dialect, call: Call, args: list[str]) -> list[str]:
    """Text constants as STRING: a Flink literal is a CHAR of its own length, and the shorter of two is padded."""
    return [
        dialect.cast(text, arg.type) if isinstance(arg, Constant) and arg.type.kind == "string" else text
        for arg, text in zip(call.args, args, strict=True)
    ]


def _cast(dialect: Dialect, call: Call, args: list[str]) -> str:
    return dialect.casts[call.args[0].type.kind, call.type.kind](dialect, call, args[0])


def _try_cast(dialect: Dialect, call: Call, args: list[str]) -> str:
    return dialect.try_casts[call.args[0].type.kind, call.type.kind](dialect, call, args[0])


CastRule = Callable[[Dialect, Call, str], str]


def plain(dialect: Dialect, call: Call, arg: str) -> str:
    """The engine's own cast."""
    return dialect.cast(arg, call.type)


# The operations both engines are told in the same words; the others stand in each one's own table.
RULES: Final[dict[str, Rule]] = {
    "and": infix("AND"),
    "or": infix("OR"),
    "not": _not,
    "is_null": _is_null,
    "coalesce": _coalesce,
    "case": _case,
    "null": _null,
    "add": _sum("+"),
    "sub": _sum("-"),
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "abs": _abs,
    "concat": _concat,
    "cast": _cast,
    "try_cast": _try_cast,
}
