"""Numbers, spans and requests as previews write them."""

from decimal import Decimal
from typing import Any, Final

from millpond.algebra.values import Value
from millpond.plan.english.values import instant, shown, visible
from millpond.plan.paths import parse
from millpond.plan.types import Type
from millpond.plan.windows import DAY, HOUR, MINUTE, SECOND
from millpond.serve.request import Request

_LONGEST: Final = 80
_LARGE: Final = 1e15  # from here on numbers are told by their exponents
_THREE_DIGITS: Final = 999.5
_UNITS: Final = (("G", 1e9, 999.5e6), ("M", 1e6, 999.5e3), ("k", 1e3, 9_999.5))


def minute(ms: int) -> str:
    """`2024-03-30 23:58`, UTC."""
    return instant(ms - ms % MINUTE).removesuffix(":00")


def span(ms: int) -> str:
    """A length of time, rounded: `59 min`, `6 h`, `12 d`."""
    for unit, size in (("d", DAY), ("h", HOUR), ("min", MINUTE), ("s", SECOND)):
        if ms >= size:
            return f"{ms / size:.3g} {unit}"
    return f"{ms} ms"


def value(found: Value, type: Type) -> str:
    """A value with all its digits, a double with ten, which are more than it is good for; what is very long is cut."""
    text = f"{found:.10g}" if isinstance(found, float) else visible(shown(found, type))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def field(given: Request, path: str) -> Any:
    """The value of a request at a path."""
    inside: Any = given
    for step in parse(path):
        inside = None if inside is None else inside.get(step)
    return inside


def short(found: float | Decimal) -> str:
    """A number in some three digits: `4,096`, `95.7k`, `2.56M`, `0.0033`."""
    size = float(found)
    for unit, one, least in _UNITS:
        if least <= abs(size) < _LARGE:
            return f"{size / one:,.0f}{unit}" if abs(size) >= 99.95 * one else f"{size / one:.3g}{unit}"
    whole = size.is_integer() or abs(size) >= _THREE_DIGITS
    return f"{size:,.0f}" if whole and abs(size) < _LARGE else f"{size:.3g}"


def share(part: int, whole: int) -> str:
    """A part as `12%`; nothing of none."""
    if not part:
        return ""
    return f"{part / whole:.0%}" if part * 100 >= whole else "<1%"
