"""Marks: several values as one text whose order, by code point, is the order of the values, one after the other.

    int, timestamp  16 hexadecimal digits of value + 2**63
    decimal(p,s)    32 of the value without its point + 2**127
    double          16 of its bits, those of a negative one turned, of another one its sign turned; -0.0 is 0.0
    boolean         0 or 1
    string          itself with two NULs at its end; in it NUL is NUL SOH, U+FFFF is U+FFFF SOH, and what lies beyond
                    U+FFFF has U+FFFF STX before it

Flink compares texts by UTF-8 or by UTF-16, as they happen to be held; so written, both come to the order of UTF-8.

The first values are what a mark is ordered by, and none is null; each of the rest has a 1 before it, or is a 0 for
null. Flink makes them (jobs/java/millpond/Mark.java), with the same bytes.
"""

import re
import struct
from collections.abc import Callable, Sequence
from typing import Final

from millpond.algebra.evaluate import Value
from millpond.algebra.partials import scaled, unscaled
from millpond.plan.types import Kind, Type

_LONG: Final = 2**63
_WIDE: Final = 2**127
_TOP: Final = 1 << 63
_ALL: Final = (1 << 64) - 1
_END: Final = "\0\0"
_ODD: Final = re.compile("[\0\uffff-\U0010ffff]")
_WIDTH: Final[dict[Kind, int]] = {"int": 16, "timestamp": 16, "decimal": 32, "double": 16, "boolean": 1}
_FORM: Final[dict[Kind, str]] = {
    **{kind: f"(.{{{width}}})" for kind, width in _WIDTH.items()},
    "string": f"(.*?{_END})",
}
_WRITTEN: Final = re.compile("\0\1|\uffff[\1\2]")
_READ: Final = {"\0\1": "\0", "\uffff\1": "\uffff", "\uffff\2": ""}


def mark(order: Sequence[tuple[Value | None, Type]], fields: Sequence[tuple[Value | None, Type]]) -> str | None:
    """The mark of an event; None where any of its order is null, or all of its fields are.

    Args:
        order, fields: value and type of each.
    """
    told = ([None if value is None else written(value, type) for value, type in some] for some in (order, fields))
    return joined(*told)


def joined(order: Sequence[str | None], fields: Sequence[str | None]) -> str | None:
    """The same from how each value is written; None for null."""
    told = [text for text in order if text is not None]
    if len(told) < len(order) or (fields and all(text is None for text in fields)):
        return None
    return "".join(told + ["0" if text is None else "1" + text for text in fields])


class MarkReader:
    """Takes marks of some types apart.

    Args:
        order, fields: the types.
    """

    def __init__(self, order: Sequence[Type], fields: Sequence[Type]) -> None:
        parts = [_FORM[type.kind] for type in order] + [f"(?:0|1{_FORM[type.kind]})" for type in fields]
        self._pattern = re.compile("".join(parts), re.DOTALL)

    def parts(self, text: str) -> tuple[str | None, ...]:
        """The texts of its values, its order's and then its fields', None for null: as they are written in a mark.

        Raises:
            ValueError: it is no mark of these types.
        """
        found = self._pattern.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is not a mark")
        return found.groups()


def number_of(type: Type) -> Callable[[str], int | float]:
    """What reads a number or an instant as states hold it (9.99 as decimal(10,2) is 999) from how it is written."""
    match type.kind:
        case "int" | "timestamp":
            return lambda text: int(text, 16) - _LONG
        case "decimal":
            return lambda text: int(text, 16) - _WIDE
        case "double":
            return _double
        case "boolean" | "string":
            raise AssertionError(f"{type} is no number")


def _double(text: str) -> float:
    bits = int(text, 16)
    (number,) = struct.unpack(">d", struct.pack(">Q", bits ^ (_TOP if bits & _TOP else _ALL)))
    return float(number)


def value_in(text: str, order: Sequence[Type], fields: Sequence[Type], number: int) -> Value | None:
    """One value of a mark, by its number: first its order's, then its fields'. Those behind it are not looked at.

    Raises:
        ValueError: it is no mark of these types.
    """
    types = (*order, *fields)
    start = end = 0
    is_null = False
    for place, type in enumerate(types[: number + 1]):
        start, is_null = end, False
        if place >= len(order):
            flag, start = text[end : end + 1], end + 1
            if flag not in ("0", "1"):
                raise ValueError(f"{text!r} is not a mark")
            is_null = flag == "0"
        if is_null:
            end = start
        else:
            end = start + _WIDTH[type.kind] if type.kind != "string" else text.index(_END, start) + len(_END)
    if end > len(text) or (number == len(types) - 1 and end != len(text)):
        raise ValueError(f"{text!r} is not a mark")
    return None if is_null else _read(text[start:end], types[number])


def whole(value: int) -> str:
    """An int or timestamp as marks have it."""
    return f"{value + _LONG:016x}"


def written(value: Value, type: Type) -> str:
    """A value as marks have it."""
    match type.kind:
        case "int" | "timestamp":
            return whole(int(value))
        case "decimal":
            assert not isinstance(value, str), "it is a number"
            return f"{int(unscaled(value, type)) + _WIDE:032x}"
        case "double":
            (bits,) = struct.unpack(">Q", struct.pack(">d", float(value) + 0.0))
            return f"{bits ^ (_ALL if bits & _TOP else _TOP):016x}"
        case "boolean":
            return "1" if value else "0"
        case "string":
            return _ODD.sub(_escaped, str(value)) + _END


def _read(text: str, type: Type) -> Value:
    match type.kind:
        case "int" | "timestamp":
            return int(text, 16) - _LONG
        case "decimal":
            return scaled(int(text, 16) - _WIDE, type)
        case "double":
            return _double(text)
        case "boolean":
            return text == "1"
        case "string":
            return _WRITTEN.sub(lambda found: _READ[found[0]], text[: -len(_END)])


def _escaped(found: "re.Match[str]") -> str:
    one = found[0]
    return f"\uffff\2{one}" if one > "\uffff" else f"{one}\1"
