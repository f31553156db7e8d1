"""Marks: several values as one text whose order, by code point, is the order of the values, one after the other.

    int, timestamp  16 hexadecimal digits of value + 2**63
    decimal(p,s)    32 of the value without its point + 2**127
    double          16 of its bits, those of a negative one turned, of another one its sign turned; -0.0 is 0.0
    boolean         0 or 1
    string          itself, NUL written as NUL SOH, and two NULs at its end

The first values are what a mark is ordered by, and none is null; each of the rest has a 1 before it, or is a 0 for
null. Flink makes them (jobs/java/millpond/Mark.java), with the same bytes.
"""

import struct
from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Final, TypeAlias

from millpond.plan.types import Type

Value: TypeAlias = bool | int | float | str | Decimal

_LONG: Final = 2**63
_WIDE: Final = 2**127
_TOP: Final = 1 << 63
_ALL: Final = (1 << 64) - 1
_EXACT: Final = Context(prec=100)
_END: Final = "\0\0"
_NUL: Final = "\0\1"


def mark(order: Sequence[tuple[Value | None, Type]], fields: Sequence[tuple[Value | None, Type]]) -> str | None:
    """The mark of an event; None where any of its order is null, or all of its fields are.

    Args:
        order, fields: value and type of each.
    """
    if any(value is None for value, _ in order) or (fields and all(value is None for value, _ in fields)):
        return None
    told = [_written(value, type) for value, type in order if value is not None]
    return "".join(told + ["0" if value is None else "1" + _written(value, type) for value, type in fields])


def unmarked(text: str, order: Sequence[Type], fields: Sequence[Type]) -> tuple[Value | None, ...]:
    """The values of a mark, its order's and then its fields'.

    Raises:
        ValueError: it is no mark of these types.
    """
    found: list[Value | None] = []
    at = 0
    for number, type in enumerate((*order, *fields)):
        if number >= len(order):
            at += 1
            if text[at - 1 : at] != "1":
                if text[at - 1 : at] != "0":
                    raise ValueError(f"{text!r} is not a mark")
                found.append(None)
                continue
        value, at = _read(text, at, type)
        found.append(value)
    if at != len(text):
        raise ValueError(f"{text!r} is not a mark")
    return tuple(found)


def _written(value: Value, type: Type) -> str:
    match type.kind:
        case "int" | "timestamp":
            return f"{int(value) + _LONG:016x}"
        case "decimal":
            return f"{int(_EXACT.scaleb(Decimal(value), type.scale)) + _WIDE:032x}"
        case "double":
            (bits,) = struct.unpack(">Q", struct.pack(">d", float(value) + 0.0))
            return f"{bits ^ (_ALL if bits & _TOP else _TOP):016x}"
        case "boolean":
            return "1" if value else "0"
        case "string":
            return str(value).replace("\0", _NUL) + _END


def _read(text: str, at: int, type: Type) -> tuple[Value, int]:
    match type.kind:
        case "int" | "timestamp":
            return int(text[at : at + 16], 16) - _LONG, at + 16
        case "decimal":
            return _EXACT.scaleb(Decimal(int(text[at : at + 32], 16) - _WIDE), -type.scale), at + 32
        case "double":
            bits = int(text[at : at + 16], 16)
            (number,) = struct.unpack(">d", struct.pack(">Q", bits ^ (_TOP if bits & _TOP else _ALL)))
            return float(number), at + 16
        case "boolean":
            return text[at : at + 1] == "1", at + 1
        case "string":
            end = text.index(_END, at)
            return text[at:end].replace(_NUL, "\0"), end + 2
