"""Fields of every type with awkward values, and random trees over them."""

import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Constant, Expr, Field, constant, decimal_constant
from millpond.plan.operations import call
from millpond.plan.types import BOOLEAN, DOUBLE, INT, INT_MAX, INT_MIN, STRING, TIMESTAMP, Type

TYPES: Final = {
    "whole": INT,
    "small": INT,
    "cents": Type.parse("decimal(10,2)"),
    "rate": Type.parse("decimal(19,9)"),
    "wide": Type.parse("decimal(38,4)"),
    "real": DOUBLE,
    "other": DOUBLE,
    "text": STRING,
    "word": STRING,
    "yes": BOOLEAN,
    "at": TIMESTAMP,
}

TEXTS: Final = ("", " ", "a", "a ", "A", "é", "e\u0301", "\U0001f600", "\uffff", "o'clock", "back\\slash", "nul\0l",
                "two\nlines\ttab", '"', "`", "%_", "\u2028", "a" * 300)  # fmt: skip
VALUES: Final[dict[str, tuple[Any, ...]]] = {
    "whole": (0, 1, -1, 7, INT_MAX, INT_MIN),
    "small": (0, 2, -3, 5, 100, 2**53 + 1),
    "cents": tuple(map(Decimal, ("0.00", "0.01", "-0.01", "99999999.99", "-99999999.99", "9.99"))),
    "rate": tuple(map(Decimal, ("0.000000000", "0.000000001", "-9999999999.999999999", "1234567890.123456789"))),
    "wide": tuple(map(Decimal, ("0.0000", "9999999999999999999999999999999999.9999", "-1.0001", "0.1000"))),
    "real": (0.0, 1.0, -2.5, 0.1, 1.7976931348623157e308, 5e-324, -1e308, 123456.789),
    "other": (0.0, 3.0, 0.2, -1.7976931348623157e308, 1e-300, 2.0**53),
    "text": TEXTS,
    "word": TEXTS,
    "yes": (True, False),
    "at": (0, 1_700_000_000_000, 253_402_300_799_999),
}
# Those the oracle knows; `cast` comes by itself, where types are widened. All the others: boundary.py.
DRAWN: Final = (
    "eq",
    "ne",
    "lt",
    "le",
    "gt",
    "ge",
    "and",
    "or",
    "not",
    "is_null",
    "in",
    "add",
    "sub",
    "mul",
    "div",
    "neg",
)
FIELDS: Final = {name: Field(name, type) for name, type in TYPES.items()}


def rows(count: int, seed: int) -> list[dict[str, Any]]:
    """Random rows; each value is missing now and then."""
    draw = random.Random(seed)
    return [{name: None if draw.random() < 0.15 else draw.choice(VALUES[name]) for name in TYPES} for _ in range(count)]


def trees(count: int, seed: int) -> list[Expr]:
    """Random well-typed trees: every operation first, each over fields, then deeper ones."""
    draw = random.Random(seed)
    made: list[Expr] = []
    for op in DRAWN:
        made += [_tree(draw, op, depth=1) for _ in range(6)]
    while len(made) < count:
        made.append(_tree(draw, draw.choice(DRAWN), depth=3))
    return made


def _tree(draw: random.Random, op: str, depth: int) -> Expr:
    while True:
        try:
            return call(op, *_arguments(draw, op, depth))
        except DefinitionError:
            continue  # the types did not fit, or the result was too wide: draw again


def _arguments(draw: random.Random, op: str, depth: int) -> list[Expr]:
    match op:
        case "and" | "or":
            return [_some(draw, depth) for _ in range(draw.choice((2, 3)))]
        case "not" | "is_null" | "neg":
            return [_some(draw, depth)]
        case "in":
            value = _some(draw, 1)
            return [value, *(_constant(draw, value.type) for _ in range(draw.choice((1, 2, 5))))]
        case _:
            return [_some(draw, depth), _some(draw, depth)]


def _some(draw: random.Random, depth: int) -> Expr:
    if depth > 1 and draw.random() < 0.6:
        return _tree(draw, draw.choice(DRAWN), depth - 1)
    field = draw.choice(list(FIELDS.values()))
    return field if draw.random() < 0.7 else _constant(draw, field.type)


def _constant(draw: random.Random, type: Type) -> Constant:
    alike = [VALUES[name] for name, kind in TYPES.items() if kind.kind == type.kind]
    value = draw.choice(draw.choice(alike))
    make: Callable[[Any], Constant] = decimal_constant if type.kind == "decimal" else lambda v: constant(v, type)
    return make(value)
