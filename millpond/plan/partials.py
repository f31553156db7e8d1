"""A partial: one mergeable column of a tile."""

from typing import Final, Literal

import msgspec

from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Expr
from millpond.plan.types import DOUBLE, INT, MAX_DIGITS, STRING, SUM_HEADROOM, Type

PartialFunction = Literal["count", "sum", "min", "max", "least", "greatest", "firsts", "lasts", "tally"]
PARTIAL_FUNCTIONS: Final[tuple[PartialFunction, ...]] = (
    "count", "sum", "min", "max", "least", "greatest", "firsts", "lasts", "tally",
)  # fmt: skip
LIMB_DIGITS: Final = MAX_DIGITS - SUM_HEADROOM  # so that a sum of limbs has room to grow
LIMB: Final = 10**LIMB_DIGITS
EVENTS: Final = "events"  # the column of the events that a tile keeps
# Over the marks of events: one of them, several, or how often each was met.
MARKED: Final[frozenset[PartialFunction]] = frozenset({"least", "greatest", "firsts", "lasts", "tally"})


class Partial(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One mergeable column of a tile.

    Args:
        name: the column, `<aggregation>_<function>` of the first aggregation that needs it.
        function: `count` counts events, or non-null values where there is an expression; `sum` of none is 0;
            `min` and `max` of none are null; `least` and `greatest` keep the mark of the event that comes first or
            last by `order`, null where there is none; `firsts` and `lasts` those of the first or last `most` events;
            `tally` keeps for each mark how many events had it, when first and when last.
        value: the expression, None for a plain count and for a mark.
        where: only events for which this is true; None for all.
        type: of the column; a mark is a string.
        power, limb: of a sum of limbs: of this power of the value without its point (9.99 counts 999) those of its
            decimal digits that are of this place, LIMB_DIGITS a limb, the lowest first. 0: the value as it is.
        order: what a mark is ordered by; an event where any of it is null has no mark.
        fields: what a mark tells besides; an event where all of it is null has no mark.
        most: how many marks are kept; a tally keeps those that come first by `order`, and says that there were more.
        bucketed: of a tally: the mark is that of the value's bucket, see `algebra.buckets`.
    """

    name: str
    function: PartialFunction
    value: Expr | None
    where: Expr | None
    type: Type
    power: int = 0
    limb: int = 0
    order: tuple[Expr, ...] = ()
    fields: tuple[Expr, ...] = ()
    most: int = 0
    bucketed: bool = False

    @property
    def trees(self) -> tuple[Expr, ...]:
        """Every expression it reads."""
        return tuple(tree for tree in (self.value, self.where, *self.order, *self.fields) if tree is not None)


def partial_type(function: PartialFunction, value: Type | None) -> Type:
    """The column type of a partial over values of a type.

    A sum of decimal(p,s) is held in p + 10 digits, so that no sum of 10**10 events overflows; see `sums_of` for more.

    Raises:
        DefinitionError: the function is not defined over the type.
    """
    if function == "count":
        return INT
    if function in MARKED:
        return STRING
    if function == "sum":
        summed = summable(value)
        return DOUBLE if summed == DOUBLE else _with_headroom(summed.as_decimal)
    if value is None or not (value.is_numeric or value.kind == "timestamp"):
        raise DefinitionError(f"{function} over {value}", mend="use a number or a timestamp")
    return value


def summable(value: Type | None) -> Type:
    """The type, which has sums.

    Raises:
        DefinitionError: it has none.
    """
    if value is None or not value.is_numeric:
        raise DefinitionError(f"sum over {value}", mend="use a number")
    return value


def _with_headroom(exact: Type) -> Type:
    return Type("decimal", exact.precision + SUM_HEADROOM, exact.scale)


def limbs_of(value: Type, power: int) -> int:
    """How many limbs the power of a value of an exact type takes."""
    return -(-value.as_decimal.precision * power // LIMB_DIGITS)


def sums_of(value: Expr, power: int = 1) -> tuple[Partial, ...]:
    """The sum of a power of a value: one column where that holds it, else its limbs.

    Raises:
        DefinitionError: there is no sum over the type.
    """
    digits = value.type.as_decimal.precision if value.type.is_exact else 0
    if power == 1 and digits + SUM_HEADROOM <= MAX_DIGITS:
        type = partial_type("sum", value.type)
        return (Partial(name="sum", function="sum", value=value, where=None, type=type),)
    return tuple(power_limb(value, power, limb) for limb in range(limbs_of(value.type, power)))


def power_limb(value: Expr, power: int, limb: int) -> Partial:
    """The sum of a limb of a power, a whole number; named `sum<power>`, and `_<limb>` where there are several."""
    digits = min(LIMB_DIGITS, value.type.as_decimal.precision * power)
    return Partial(
        name=f"sum{power}" if limbs_of(value.type, power) == 1 else f"sum{power}_{limb}",
        function="sum",
        value=value,
        where=None,
        type=Type("decimal", digits + SUM_HEADROOM, 0),
        power=power,
        limb=limb,
    )
