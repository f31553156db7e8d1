"""A Plan's expression as a person would write it: `(_.amount > 5) & _.channel.isin(["WEB"])`.

What is written gives the same tree again when it is bound to the same fields. Widening casts and the digits of
constants are left out wherever the rules of plan.operations put them back; how far they do is found out by trying.
"""

import itertools
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final, NamedTuple

import ibis.expr.types as ir

from millpond.define.fields import is_method, item
from millpond.plan.errors import DefinitionError, PlanError
from millpond.plan.expr import Call, Constant, Expr, Field, constant, decimal_constant
from millpond.plan.operations import LONGEST_PART, PARTS, call, case, extreme, null_if, sign
from millpond.plan.paths import Key, Position, parse
from millpond.plan.types import DOUBLE, INT, INT_MAX, INT_MIN

# How tightly what stands between two values binds them, as in Python; what is called binds tightest.
COMPARED, OR, AND, SUM, PRODUCT, SIGN, CALLED = range(7)
_TRIED: Final = 4_096  # ways to write one operation, at most
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class _Text(NamedTuple):
    """Python, and how tightly it is bound."""

    text: str
    binds: int = CALLED

    def within(self, binds: int) -> str:
        """As it stands beside something that binds so tightly."""
        return self.text if self.binds >= binds else f"({self.text})"


Build = Callable[[Sequence[Expr | None]], Expr]
Write = Callable[[Sequence[Expr | None]], _Text]


class _Form(NamedTuple):
    """One way to write an operation: over which parts, what they build, and how it looks; None is a null."""

    parts: tuple[Expr | None, ...]
    build: Build
    write: Write


def written(expr: Expr) -> str:
    """An expression as Python, for people, and for `eval` with `_`, ibis, Decimal, datetime, UTC and our functions.

    Rules of time zones are left out: they are those of the day on which the pool was compiled.

    Raises:
        PlanError: an operation that has no way to be written.
    """
    return _write(expr).text


def _write(expr: Expr) -> _Text:
    match expr:
        case Field():
            return _Text(_path(expr.name))
        case Constant():
            return _constant(expr)
        case Call():
            return _call(expr)


def _call(expr: Call) -> _Text:
    forms = [*_SPECIAL.get(expr.op, _none)(expr), _plain(expr)]
    for form in forms:
        for parts in itertools.islice(_choices(form.parts), _TRIED):
            if _gives(form.build, parts, expr):
                return form.write(parts)
    # Of types that no rule of today gives: everything is written out.
    return forms[-1].write(expr.args)


def _gives(build: Build, parts: Sequence[Expr | None], expr: Expr) -> bool:
    try:
        return build(parts) == expr
    except DefinitionError:
        return False


def _choices(parts: Sequence[Expr | None]) -> Iterator[tuple[Expr | None, ...]]:
    """All parts as an author would write them, all as they are, then every mixture."""
    each = [tuple(_shorter(part)) for part in parts]
    yield tuple(ways[0] for ways in each)
    yield tuple(ways[-1] for ways in each)
    yield from itertools.product(*each)


def _shorter(part: Expr | None) -> Iterator[Expr | None]:
    """What may stand for it, the shortest first: less its widening casts, less the digits of its type."""
    match part:
        case Call(op="cast"):
            yield from _shorter(part.args[0])
        case Constant(value=bool()):
            pass
        case Constant() if part.type.is_numeric:
            yield from _numbers(part)
    yield part


def _numbers(of: Constant) -> Iterator[Constant]:
    value = Decimal(str(of.value))
    if value == value.to_integral_value() and INT_MIN <= value <= INT_MAX:
        yield constant(int(value), INT)
    yield constant(float(value), DOUBLE)
    if of.type.kind == "decimal":
        yield decimal_constant(value.normalize() if value else Decimal(0))
        yield decimal_constant(value)


# --- fields and constants -------------------------------------------------------------------------------------------


def _path(name: str) -> str:
    text = "_"
    for depth, step in enumerate(parse(name)):
        if isinstance(step, Key):
            text += item(step)
        elif isinstance(step, Position):
            text += f"[{step}]"
        else:
            text += item(step) if is_method(step, ir.StructColumn if depth else ir.Table) else f".{step}"
    return text


def _constant(of: Constant) -> _Text:
    value = of.value
    match of.type.kind:
        case "string":
            return _Text(json.dumps(value, ensure_ascii=False))
        case "timestamp":
            return _Text(_instant(int(value)))
        case "decimal":
            return _Text(f'Decimal("{value}")')
        case "boolean":
            return _Text(str(value))
        case "int" | "double":
            return _Text(repr(value), CALLED if float(value) >= 0 else SIGN)


def _instant(ms: int) -> str:
    at = _EPOCH + timedelta(milliseconds=ms)
    last = [at.microsecond] if at.microsecond else []
    time = [at.hour, at.minute, at.second, *last] if last or at.second else [at.hour, at.minute]
    parts = [at.year, at.month, at.day, *(time if any(time) else [])]
    return f"datetime({', '.join(map(str, parts))}, tzinfo=UTC)"


def _own(part: Expr | None) -> _Text:
    """Something a method can be called of, or an operator be put behind: a constant alone is Python's own."""
    if part is None:
        raise PlanError("a null has no operations")
    found = _write(part)
    return _Text(f"ibis.literal({found.text})") if isinstance(part, Constant) else found


def _given(part: Expr | None) -> str:
    """An argument."""
    return "None" if part is None else _write(part).text


# --- operations -----------------------------------------------------------------------------------------------------


def _between(sign: str, binds: int) -> Callable[[Call], Write]:
    def write(parts: Sequence[Expr | None]) -> _Text:
        left, right = parts[0], parts[-1]
        if left is None or right is None:
            raise PlanError(f"{sign} of a null")
        # A constant may stand on either side, but one of the two must be of the event.
        first = _own(left) if isinstance(right, Constant) else _write(left)
        # Comparisons do not chain, and nobody remembers that & binds tighter than they do.
        least = SUM if binds == COMPARED else binds
        second = _write(right).within(SUM if binds == COMPARED else binds + 1)
        return _Text(f"{first.within(least)} {sign} {second}", binds)

    return lambda _expr: write


def _joined(sign: str, binds: int) -> Callable[[Call], Write]:
    """Any number of booleans, the first of which is of the event."""

    def write(parts: Sequence[Expr | None]) -> _Text:
        first, *rest = parts
        found = _own(first)
        # The same sign may go on; the other one, and comparisons, stand in parentheses.
        texts = [found.text if found.binds == binds else found.within(SUM), *(_own(part).within(SUM) for part in rest)]
        return _Text(f" {sign} ".join(texts), binds)

    return lambda _expr: write


def _method(name: str) -> Callable[[Call], Write]:
    def write(parts: Sequence[Expr | None]) -> _Text:
        of, *rest = parts
        return _Text(f"{_own(of).within(CALLED)}.{name}({', '.join(map(_given, rest))})")

    return lambda _expr: write


def _before(sign: str) -> Callable[[Call], Write]:
    return lambda _expr: lambda parts: _Text(f"{sign}{_own(parts[0]).within(SIGN)}", SIGN)


def _function(name: str) -> Callable[[Call], Write]:
    return lambda _expr: lambda parts: _Text(f"{name}({', '.join(map(_given, parts))})")


def _cast(expr: Call) -> Write:
    return lambda parts: _Text(f'{_own(parts[0]).within(CALLED)}.cast("{expr.type}")')


def _in(_expr: Call) -> Write:
    return _listed("isin")


def _listed(name: str) -> Write:
    def write(parts: Sequence[Expr | None]) -> _Text:
        of, *options = parts
        return _Text(f"{_own(of).within(CALLED)}.{name}([{', '.join(map(_given, options))}])")

    return write


def _substr(_expr: Call) -> Write:
    def write(parts: Sequence[Expr | None]) -> _Text:
        text, start, length = parts
        rest = [] if isinstance(length, Constant) and length.value == LONGEST_PART else [_given(length)]
        return _Text(f"{_own(text).within(CALLED)}.substr({', '.join([_given(start), *rest])})")

    return write


def _round(expr: Call) -> Write:
    """How many digits is told by the type; a double is rounded to none."""
    digits = str(expr.type.scale or "")
    return lambda parts: _Text(f"{_own(parts[0]).within(CALLED)}.round({digits})")


def _concat(expr: Call) -> Write:
    return (_between("+", SUM) if len(expr.args) == 2 else _method("concat"))(expr)


def _case(_expr: Call) -> Write:
    def write(parts: Sequence[Expr | None]) -> _Text:
        branches = zip(parts[:-1:2], parts[1:-1:2], strict=True)
        told = [f"({_own(asked).text}, {_given(value)})" for asked, value in branches]
        last = [] if parts[-1] is None else [f"else_={_given(parts[-1])}"]
        return _Text(f"ibis.cases({', '.join([*told, *last])})")

    return write


def _local(name: str) -> Callable[[Call], Write]:
    return lambda _expr: lambda parts: _Text(f"{name}({_given(parts[0])}, {_given(parts[1])})")


def _null(_expr: Call) -> Write:
    return lambda _parts: _Text("None")


_WRITES: Final[dict[str, Callable[[Call], Write]]] = {
    "eq": _between("==", COMPARED),
    "ne": _between("!=", COMPARED),
    "lt": _between("<", COMPARED),
    "le": _between("<=", COMPARED),
    "gt": _between(">", COMPARED),
    "ge": _between(">=", COMPARED),
    "and": _joined("&", AND),
    "or": _joined("|", OR),
    "not": _before("~"),
    "is_null": _method("isnull"),
    "in": _in,
    "coalesce": _method("coalesce"),
    "case": _case,
    "null": _null,
    "add": _between("+", SUM),
    "sub": _between("-", SUM),
    "mul": _between("*", PRODUCT),
    "div": _between("/", PRODUCT),
    "floor_div": _between("//", PRODUCT),
    "mod": _between("%", PRODUCT),
    "neg": _before("-"),
    "abs": _method("abs"),
    "round": _round,
    "floor": _method("floor"),
    "ceil": _method("ceil"),
    "sqrt": _method("sqrt"),
    "ln": _method("ln"),
    "exp": _method("exp"),
    "haversine_km": _function("haversine_km"),
    "length": _method("length"),
    "lower": _method("lower"),
    "upper": _method("upper"),
    "strip": _method("strip"),
    "lstrip": _method("lstrip"),
    "rstrip": _method("rstrip"),
    "substr": _substr,
    "concat": _concat,
    "contains": _method("contains"),
    "starts_with": _method("startswith"),
    "ends_with": _method("endswith"),
    "replace": _method("replace"),
    "like": _method("like"),
    **{part: _method(part) for part in PARTS},
    "day_of_week": _method("day_of_week.index"),
    "local_hour": _local("local_hour"),
    "local_day_of_week": _local("local_day_of_week"),
    "cast": _cast,
    "try_cast": _cast,
}


def _plain(expr: Call) -> _Form:
    """An operation as itself."""
    if expr.op not in _WRITES:
        raise PlanError(f"{expr.op!r} is no operation", mend="compile the pool with this version of Millpond")

    def build(parts: Sequence[Expr | None]) -> Expr:
        if expr.op in ("cast", "try_cast", "null", "local_hour", "local_day_of_week"):
            return Call(expr.op, expr.type, _told(parts))
        if expr.op == "round":
            return call("round", *_told(parts), constant(expr.type.scale, INT))
        return _called(expr.op, parts)

    return _Form(_with_nulls(expr.args) if expr.op == "case" else expr.args, build, _WRITES[expr.op](expr))


def _with_nulls(parts: Sequence[Expr]) -> tuple[Expr | None, ...]:
    """A case is the one place where authors may write a null: it takes the type of the other values."""
    return tuple(None if isinstance(part, Call) and part.op == "null" else part for part in parts)


def _called(op: str, parts: Sequence[Expr | None]) -> Expr:
    if op == "case":
        return case(tuple(zip(_told(parts[:-1:2]), parts[1:-1:2], strict=True)), parts[-1])
    return call(op, *_told(parts))


# --- what authors write as one, and is several ----------------------------------------------------------------------


def _none(_expr: Call) -> Iterator[_Form]:
    yield from ()


def _of_not(expr: Call) -> Iterator[_Form]:
    of = expr.args[0]
    if isinstance(of, Call) and of.op == "is_null":
        yield _Form(of.args, lambda parts: call("not", _called("is_null", parts)), _method("notnull")(expr))
    if isinstance(of, Call) and of.op == "in":
        yield _Form(of.args, lambda parts: call("not", _called("in", parts)), _listed("notin"))


def _of_case(expr: Call) -> Iterator[_Form]:
    """`nullif`, `sign`, `ibis.least` and `ibis.greatest`."""
    asked, values, last = expr.args[0], expr.args[1:-1:2], expr.args[-1]
    if isinstance(asked, Call) and asked.op == "eq":
        yield _Form(asked.args, lambda parts: null_if(*_told(parts)), _method("nullif")(expr))
    if isinstance(asked, Call) and asked.op == "gt":
        yield _Form(asked.args[:1], lambda parts: sign(*_told(parts)), _method("sign")(expr))
    if isinstance(last, Call) and last.op == "null":
        yield _Form(values, lambda parts: extreme("le", _told(parts)), _function("ibis.least")(expr))
        yield _Form(values, lambda parts: extreme("ge", _told(parts)), _function("ibis.greatest")(expr))


def _told(parts: Sequence[Expr | None]) -> tuple[Expr, ...]:
    return tuple(part for part in parts if part is not None)


_SPECIAL: Final[dict[str, Callable[[Call], Iterator[_Form]]]] = {"not": _of_not, "case": _of_case}
