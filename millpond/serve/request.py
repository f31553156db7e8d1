"""What a read is given: the fields of a request that derived places are computed from, checked against their types."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final

from millpond.algebra.evaluate import Value
from millpond.plan.clock import ms_of
from millpond.plan.errors import ReadError
from millpond.plan.model import Column
from millpond.plan.names import did_you_mean
from millpond.plan.paths import Key, parse, text_of
from millpond.plan.types import INT_MAX, INT_MIN, MAX_DIGITS, Kind, Type

Request = Mapping[str, object]
_EXACT: Final = Context(prec=100)  # wider than any decimal here: never rounds unseen


class RequestFields:
    """How the fields at some paths are taken from requests.

    Args:
        columns: by path: `amount`, `device.os`, `attributes["channel"]`.
    """

    def __init__(self, columns: Sequence[Column]) -> None:
        self._fields = tuple((column.name, parse(column.name), column.type) for column in columns)

    def of(self, request: Request) -> dict[str, Value | None]:
        """The values by path; None where a request has None, or lacks a map's key.

        Raises:
            ReadError: a field is missing, or is not of its type.
        """
        return {name: _checked(_at(request, path), type, name) for name, path, type in self._fields}


def _at(request: Request, path: Sequence[str]) -> object:
    found: object = request
    for depth, step in enumerate(path):
        if found is None:
            return None
        if not isinstance(found, Mapping):
            raise ReadError(
                f"the request's {text_of(path[:depth])!r} is {found!r}", mend="pass what has fields as a dict"
            )
        if step not in found and not isinstance(step, Key):
            raise ReadError(
                f"the request has no field {text_of(path[: depth + 1])!r}",
                mend=f"{did_you_mean(step, map(str, found))} Give None where it is not known.",
            )
        found = found.get(step)
    return found


def _checked(value: object, type: Type, name: str) -> Value | None:
    if value is None:
        return None
    taken = _TAKE[type.kind](value, type)
    if taken is None:
        raise ReadError(f"the request's {name!r} is {value!r}, which is no {type}", mend=_MENDS[type.kind])
    return taken


def _int(value: object, _type: Type) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and INT_MIN <= value <= INT_MAX else None


def _decimal(value: object, type: Type) -> Decimal | None:
    """With as many digits behind the point as the type has; None where it needs more, or has too many before it."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    number = Decimal(value)
    if not number.is_finite() or number.adjusted() >= MAX_DIGITS:
        return None
    fitted = number.quantize(Decimal(1).scaleb(-type.scale), ROUND_HALF_UP, _EXACT)
    return (
        _EXACT.plus(fitted)
        if fitted == number and (not number or number.adjusted() < type.precision - type.scale)
        else None
    )


def _double(value: object, _type: Type) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value) if math.isfinite(value) else None
    except OverflowError:  # of an int beyond the doubles
        return None


def _text(value: object, _type: Type) -> str | None:
    if not isinstance(value, str):
        return None
    try:
        value.encode()
    except UnicodeEncodeError:  # half a character
        return None
    return value


def _boolean(value: object, _type: Type) -> bool | None:
    return value if isinstance(value, bool) else None


def _timestamp(value: object, type: Type) -> int | None:
    if isinstance(value, datetime):
        return ms_of(value) if value.tzinfo is not None else None
    return _int(value, type)


_TAKE: Final[dict[Kind, Callable[[Any, Type], Value | None]]] = {
    "int": _int,
    "decimal": _decimal,
    "double": _double,
    "string": _text,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
_MENDS: Final[dict[Kind, str]] = {
    "int": "pass an int of at most 64 bits",
    "decimal": 'pass a Decimal with no more digits than the type has, such as Decimal("10.00"), or an int',
    "double": "pass a finite float, or an int",
    "string": "pass a str of valid Unicode",
    "boolean": "pass True or False",
    "timestamp": "pass milliseconds UTC as an int, or a datetime that says its time zone",
}
