"""What an aggregation is, in one table: its state, its result type, its empty value and the fragments that may hold it.

An aggregation's state is a tuple of partials. A partial is one of four mergeable functions over an expression, taken
where a condition holds; two aggregations that need the same partial share one column.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Expr
from millpond.plan.types import DOUBLE, INT, MAX_DIGITS, SUM_HEADROOM, Type

PartialFunction = Literal["count", "sum", "min", "max"]
PARTIAL_FUNCTIONS: Final[tuple[PartialFunction, ...]] = ("count", "sum", "min", "max")

FragmentKind = Literal["tiles_short", "tiles_long", "lifetime"]
FRAGMENT_KINDS: Final[tuple[FragmentKind, ...]] = ("tiles_short", "tiles_long", "lifetime")


class Partial(msgspec.Struct, frozen=True, kw_only=True):
    """One mergeable column of a tile.

    Args:
        name: the column, `<aggregation>_<function>` of the first aggregation that needs it.
        function: `count` counts events, or non-null values where there is an expression; `sum` of none is 0;
            `min` and `max` of none are null.
        value: the expression, None for a plain count.
        where: only events for which this is true; None for all.
        type: of the column.
    """

    name: str
    function: PartialFunction
    value: Expr | None
    where: Expr | None
    type: Type


class AggregationRule(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table.

    Args:
        takes_value: whether it is over an expression.
        state: its partials' functions, in the order its value is computed from.
        result: the feature's type from the expression's; raises DefinitionError where it is refused.
        empty: its value over no events.
        fragments: the kinds of fragment that may hold it.
    """

    takes_value: bool
    state: tuple[PartialFunction, ...]
    result: Callable[[Type | None], Type]
    empty: int | None
    fragments: tuple[FragmentKind, ...]


def partial_type(function: PartialFunction, value: Type | None) -> Type:
    """The column type of a partial over values of a type.

    A sum of decimal(p,s) is held in p + 10 digits, so that no sum of 10**10 events overflows; more than 38 is refused.

    Raises:
        DefinitionError: the function is not defined over the type.
    """
    if function == "count":
        return INT
    if value is None or not (value.is_numeric or (value.kind == "timestamp" and function in ("min", "max"))):
        raise DefinitionError(f"{function} over {value}", mend="use a number" + _also_timestamps(function))
    if function in ("min", "max") or value == DOUBLE:
        return value
    wide = value.as_decimal
    if wide.precision + SUM_HEADROOM > MAX_DIGITS:
        raise DefinitionError(
            f"a sum of {value} may take {wide.precision + SUM_HEADROOM} digits; at most {MAX_DIGITS} are held",
            mend=f"sum a field of at most {MAX_DIGITS - SUM_HEADROOM} digits",
        )
    return Type("decimal", wide.precision + SUM_HEADROOM, wide.scale)


def _also_timestamps(function: PartialFunction) -> str:
    return " or a timestamp" if function in ("min", "max") else ""


def _count(_value: Type | None) -> Type:
    return INT


def _sum(value: Type | None) -> Type:
    held = partial_type("sum", value)
    return INT if value == INT else held if held == DOUBLE else Type("decimal", MAX_DIGITS, held.scale)


def _mean(value: Type | None) -> Type:
    partial_type("sum", value)
    return DOUBLE


def _extreme(value: Type | None) -> Type:
    return partial_type("max", value)


_EVERYWHERE: Final = FRAGMENT_KINDS

AGGREGATIONS: Final[dict[str, AggregationRule]] = {
    "count": AggregationRule(takes_value=False, state=("count",), result=_count, empty=0, fragments=_EVERYWHERE),
    "sum": AggregationRule(takes_value=True, state=("sum",), result=_sum, empty=0, fragments=_EVERYWHERE),
    "mean": AggregationRule(takes_value=True, state=("sum", "count"), result=_mean, empty=None, fragments=_EVERYWHERE),
    "min": AggregationRule(takes_value=True, state=("min",), result=_extreme, empty=None, fragments=_EVERYWHERE),
    "max": AggregationRule(takes_value=True, state=("max",), result=_extreme, empty=None, fragments=_EVERYWHERE),
}
