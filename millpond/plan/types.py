"""The value types of fields, expressions and features, written `decimal(18,2)`, and how they widen.

Features alone may be of several values: `list(string)` in an order, `counts(string)` of how often each occurs.
"""

import re
from functools import lru_cache
from typing import Final, Literal, cast, get_args

from millpond.plan.errors import PlanError

Kind = Literal["int", "decimal", "double", "string", "boolean", "timestamp"]
ManyKind = Literal["list", "counts"]

MAX_DIGITS: Final = 38
INT_DIGITS: Final = 19  # a 64-bit integer, held as decimal(19,0) wherever it meets arithmetic
SUM_HEADROOM: Final = 10  # digits a sum may grow: 10**10 events of the greatest value in one tile
INT_MIN: Final = -(2**63)
INT_MAX: Final = 2**63 - 1

_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_MANY = re.compile(r"(list|counts)\((.+)\)")


class Type:
    """A value type; equal by value and written as text, also in JSON.

    `int` is 64 bits, `double` is IEEE 754 and finite, `timestamp` is an instant in milliseconds UTC,
    `decimal(p,s)` has p digits, s of them behind the point. Of `list(T)` and `counts(T)`, kind and digits are those of
    T, and `many` says which of the two it is.
    """

    __slots__ = ("kind", "many", "precision", "scale")
    kind: Kind
    precision: int
    scale: int
    many: ManyKind | None

    def __init__(self, kind: Kind, precision: int = 0, scale: int = 0, many: ManyKind | None = None) -> None:
        if kind == "decimal" and not (1 <= precision <= MAX_DIGITS and 0 <= scale <= precision):
            raise PlanError(
                f"decimal({precision},{scale}) is not a type",
                mend=f"use 1 to {MAX_DIGITS} digits, and a scale from 0 to the number of digits",
            )
        object.__setattr__(self, "kind", kind)
        object.__setattr__(self, "precision", precision)
        object.__setattr__(self, "scale", scale)
        object.__setattr__(self, "many", many)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a Type is frozen: {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Type) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    def __str__(self) -> str:
        one = f"decimal({self.precision},{self.scale})" if self.kind == "decimal" else self.kind
        return one if self.many is None else f"{self.many}({one})"

    def __repr__(self) -> str:
        return f"Type.parse({str(self)!r})"

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return parse_type, (str(self),)

    @property
    def one(self) -> "Type":
        """The type of one of its values; itself where it is a single one."""
        return self if self.many is None else Type(self.kind, self.precision, self.scale)

    def of_many(self, many: ManyKind) -> "Type":
        """The type of several of its values."""
        return Type(self.kind, self.precision, self.scale, many)

    @property
    def is_exact(self) -> bool:
        """True for the numbers that are never rounded."""
        return self.kind in ("int", "decimal")

    @property
    def is_numeric(self) -> bool:
        """True for what can be added."""
        return self.is_exact or self.kind == "double"

    @property
    def as_decimal(self) -> "Type":
        """The decimal type that holds every value of this exact type."""
        if self.kind == "decimal":
            return self
        if self.kind == "int":
            return Type("decimal", INT_DIGITS, 0)
        raise PlanError(f"{self} has no exact decimal form")

    @staticmethod
    def parse(text: str) -> "Type":
        """The type written as `text`.

        Raises:
            PlanError: there is no such type.
        """
        return parse_type(text)


@lru_cache(maxsize=1024)
def parse_type(text: str) -> Type:
    """See `Type.parse`; one object a spelling."""
    if text in get_args(Kind):
        return Type(cast(Kind, text))
    if found := _DECIMAL.fullmatch(text):
        return Type("decimal", int(found[1]), int(found[2]))
    if found := _MANY.fullmatch(text):
        return parse_type(found[2]).one.of_many(cast(ManyKind, found[1]))
    raise PlanError(f"{text!r} is not a type", mend="use int, decimal(p,s), double, string, boolean or timestamp")


INT: Final = Type("int")
DOUBLE: Final = Type("double")
STRING: Final = Type("string")
BOOLEAN: Final = Type("boolean")
TIMESTAMP: Final = Type("timestamp")
