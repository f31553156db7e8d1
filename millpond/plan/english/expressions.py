"""Expressions in words: `amount is more than 100 and gift is false`.

Every operation of `plan/operations.py` has its words in one table; what binds less tightly than its place asks for is
put in parentheses, so that a sentence can be read in one way only. Casts that widen change no value, and are silent.
"""

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import IntEnum
from typing import Final, NamedTuple

from millpond.plan.english.values import instant, visible
from millpond.plan.expr import Call, Constant, Expr, Field
from millpond.plan.types import BOOLEAN


class Rank(IntEnum):
    """How tightly words hold together, the loosest first."""

    CHOICE = 0  # 1 where gift is true, else 0
    OR = 1
    AND = 2
    IS = 3  # amount is more than 5
    OF = 4  # the length of name
    SUM = 5
    PRODUCT = 6
    ATOM = 7


class Words(NamedTuple):
    """A text, and how tightly it holds together."""

    text: str
    rank: Rank

    def within(self, least: Rank) -> str:
        """The text where nothing looser than `least` can stand."""
        return self.text if self.rank >= least else f"({self.text})"


def value(expr: Expr) -> str:
    """What an expression gives: `amount - discount`."""
    return _words(expr).text


def operand(expr: Expr) -> str:
    """The same where other words follow."""
    return _words(expr).within(Rank.OF)


def condition(expr: Expr) -> str:
    """When a boolean expression is true: `channel is "WEB" or returned_by is null`."""
    return _asked(expr).text


def quoted(text: str) -> str:
    """A text between quotation marks, on one line."""
    return visible(json.dumps(text, ensure_ascii=False))


def joined(parts: list[str], word: str) -> str:
    """`a, b and c`; nothing of nothing."""
    return "".join(parts) if len(parts) < 2 else f"{', '.join(parts[:-1])} {word} {parts[-1]}"


def _words(expr: Expr) -> Words:
    match expr:
        case Field(name=name):
            return Words(name, Rank.ATOM)
        case Constant():
            return Words(_constant(expr), Rank.ATOM)
        case Call(op=op):
            return OPERATIONS[op](expr)


def _asked(expr: Expr) -> Words:
    """A boolean as a condition: one that is no comparison is said to be true."""
    words = _words(expr)
    if words.rank in (Rank.OR, Rank.AND, Rank.IS):
        return words
    return Words(f"{words.within(Rank.OF)} is true", Rank.IS)


def _constant(constant: Constant) -> str:
    written = constant.value
    match constant.type.kind:
        case "string":
            return quoted(str(written))
        case "boolean":
            return "true" if written else "false"
        case "timestamp":
            return f"{instant(int(written))} UTC"
        case "decimal":
            short = format(Decimal(written), "f")
            return short.rstrip("0").rstrip(".") if "." in short else short
        case "double":
            return repr(float(written)).removesuffix(".0")
        case "int":
            return str(written)


# --- forms ----------------------------------------------------------------------------------------------------------

Form = Callable[[Call], Words]


def _form(text: str, rank: Rank, first: Rank = Rank.ATOM, others: Rank = Rank.ATOM) -> Form:
    """Words with a hole an argument; `first` and `others` say how tightly these must hold together."""

    def words(call: Call) -> Words:
        holes = [_words(arg).within(others if place else first) for place, arg in enumerate(call.args)]
        return Words(text.format(*holes), rank)

    return words


def _is(text: str) -> Form:
    return _form(text, Rank.IS, Rank.OF, Rank.OF)


def _of(text: str) -> Form:
    return _form(text, Rank.OF)


def _flat(op: str, expr: Expr) -> Iterator[Expr]:
    """The parts of a chain of one operation, whose grouping changes nothing."""
    if isinstance(expr, Call) and expr.op == op:
        for arg in expr.args:
            yield from _flat(op, arg)
    else:
        yield expr


def _and(call: Call) -> Words:
    parts = list(_flat("and", call))
    said: list[str] = []
    while parts:
        first = parts.pop(0)
        match first, parts:
            case Call(op="ge", args=(low, start)), [Call(op="le", args=(high, end)), *_] if low == high:
                parts.pop(0)
                said.append(f"{operand(low)} is from {operand(start)} to {operand(end)}")
            case _:
                said.append(_asked(first).within(Rank.IS))
    return Words(" and ".join(said), Rank.AND if len(said) > 1 else Rank.IS)


def _or(call: Call) -> Words:
    return Words(" or ".join(_asked(part).within(Rank.IS) for part in _flat("or", call)), Rank.OR)


def _not(call: Call) -> Words:
    match call.args[0]:
        case Call(op="is_null", args=(inner,)):
            return Words(f"{operand(inner)} is not null", Rank.IS)
        case Call(op="in") as among:
            return Words(_among(among, "is neither {}", "nor"), Rank.IS)
        case Field(type=type) as field if type == BOOLEAN:
            return Words(f"{field.name} is false", Rank.IS)
        case inner:
            return Words(f"it is false that ({_asked(inner).text})", Rank.IS)


def _in(call: Call) -> Words:
    return Words(_among(call, "is {}", "or"), Rank.IS)


def _among(call: Call, verb: str, word: str) -> str:
    first, *options = call.args
    listed = [value(option) for option in options]
    if len(listed) == 1:
        verb = verb.replace("neither", "not")
    return f"{operand(first)} {verb.format(joined(listed, word))}"


def _coalesce(call: Call) -> Words:
    *others, last = [_words(arg).within(Rank.SUM) for arg in call.args]
    return Words(f"{', else '.join(others)}, or {last} where that is null", Rank.CHOICE)


def _case(call: Call) -> Words:
    *branches, last = call.args
    if len(branches) == 2 and isinstance(branches[1], Call) and branches[1].op == "null":
        return Words(f"{operand(last)}, null where {_asked(branches[0]).text}", Rank.CHOICE)
    told = [
        f"{operand(then)} where {_asked(asked).text}" for asked, then in zip(branches[::2], branches[1::2], strict=True)
    ]
    return Words(f"{', '.join(told)}, else {operand(last)}", Rank.CHOICE)


def _try_cast(call: Call) -> Words:
    return Words(f"{_words(call.args[0]).within(Rank.ATOM)} as {call.type}", Rank.OF)


def _round(call: Call) -> Words:
    digits = call.type.scale
    to = f"to {digits} {'digit' if digits == 1 else 'digits'} behind the point" if digits else "to a whole number"
    return Words(f"{_words(call.args[0]).within(Rank.ATOM)} rounded {to}", Rank.OF)


def _local(part: str) -> Form:
    def words(call: Call) -> Words:
        instant, zone, _rules = call.args
        assert isinstance(zone, Constant), "its rule takes nothing else"
        return Words(f"the {part} in {zone.value} of {_words(instant).within(Rank.ATOM)}", Rank.OF)

    return words


def _followed(call: Call) -> Words:
    return Words(" followed by ".join(_words(part).within(Rank.ATOM) for part in _flat("concat", call)), Rank.OF)


OPERATIONS: Final[dict[str, Form]] = {
    "eq": _is("{} is {}"),
    "ne": _is("{} is not {}"),
    "lt": _is("{} is less than {}"),
    "le": _is("{} is at most {}"),
    "gt": _is("{} is more than {}"),
    "ge": _is("{} is at least {}"),
    "and": _and,
    "or": _or,
    "not": _not,
    "is_null": _is("{} is null"),
    "in": _in,
    "coalesce": _coalesce,
    "case": _case,
    "null": _form("null", Rank.ATOM),
    "add": _form("{} + {}", Rank.SUM, Rank.SUM, Rank.PRODUCT),
    "sub": _form("{} - {}", Rank.SUM, Rank.SUM, Rank.PRODUCT),
    "mul": _form("{} × {}", Rank.PRODUCT, Rank.PRODUCT),
    "div": _form("{} / {}", Rank.PRODUCT, Rank.PRODUCT),
    "neg": _form("-{}", Rank.SUM),
    "abs": _of("the absolute value of {}"),
    "round": _round,
    "floor": _of("{} rounded down"),
    "ceil": _of("{} rounded up"),
    "floor_div": _of("{} / {} rounded down"),
    "mod": _of("the remainder of {} / {}"),
    "sqrt": _of("the square root of {}"),
    "ln": _of("the natural logarithm of {}"),
    "exp": _of("e to the power of {}"),
    "haversine_km": _of("the kilometres from {} north, {} east to {} north, {} east"),
    "length": _of("the length of {}"),
    "lower": _of("{} in lower case"),
    "upper": _of("{} in upper case"),
    "strip": _of("{} without blanks around it"),
    "lstrip": _of("{} without blanks before it"),
    "rstrip": _of("{} without blanks after it"),
    "substr": _of("of {}, from place {} (the first is 0), {} characters"),
    "concat": _followed,
    "contains": _is("{} contains {}"),
    "starts_with": _is("{} begins with {}"),
    "ends_with": _is("{} ends with {}"),
    "replace": _of("{} with every {} replaced by {}"),
    "like": _is("{} is like {}"),
    "year": _of("the year (UTC) of {}"),
    "quarter": _of("the quarter (UTC) of {}"),
    "month": _of("the month (UTC) of {}"),
    "day": _of("the day of the month (UTC) of {}"),
    "day_of_year": _of("the day of the year (UTC) of {}"),
    "day_of_week": _of("the day of the week (UTC, Monday is 0) of {}"),
    "hour": _of("the hour (UTC) of {}"),
    "minute": _of("the minute of {}"),
    "second": _of("the second of {}"),
    "millisecond": _of("the millisecond of {}"),
    "epoch_seconds": _of("the seconds from 1970 to {}"),
    "local_hour": _local("hour"),
    "local_day_of_week": _local("day of the week (Monday is 0)"),
    "cast": lambda call: _words(call.args[0]),
    "try_cast": _try_cast,
}
