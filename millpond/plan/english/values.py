"""Values as people read them: decimals with all their digits, instants in UTC, what is missing as null."""

import json
from datetime import timedelta
from decimal import Decimal

from millpond.plan.clock import EPOCH
from millpond.plan.types import Type


def shown(value: object, type: Type) -> str:
    """A feature's or a field's value of a type."""
    match value:
        case None:
            return "null"
        case tuple():
            return f"[{', '.join(shown(one, type.one) for one in value)}]"
        case dict():
            return f"{{{', '.join(f'{shown(one, type.one)}: {count}' for one, count in value.items())}}}"
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case int() if type.kind == "timestamp":
            return instant(value)
        case int() | float() | str():
            return str(value)
        case _:
            raise TypeError(f"{value!r} is no value of type {type}")


def visible(text: str) -> str:
    """A text in which each character that cannot be seen is written out, by its number."""
    return "".join(one if one.isprintable() else json.dumps(one)[1:-1] for one in text)


def instant(ms: int) -> str:
    """Milliseconds UTC as `2024-03-10 10:00:00`, with what is less than a second where there is any."""
    moment = EPOCH + timedelta(milliseconds=ms)
    return moment.replace(tzinfo=None).isoformat(sep=" ", timespec="milliseconds" if ms % 1000 else "seconds")
