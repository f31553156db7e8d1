"""What an aggregation is, in one table: its state, its result type, its empty value and the fragments that may hold it.

An aggregation's state is a tuple of partials. A partial is a mergeable function over an expression, taken where a
condition holds; two aggregations that need the same partial share one column.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Expr
from millpond.plan.partials import Partial, PartialFunction, limbs_of, partial_type
from millpond.plan.types import DOUBLE, INT, MAX_DIGITS, Type

FragmentKind = Literal["tiles_short", "tiles_long", "lifetime"]
FRAGMENT_KINDS: Final[tuple[FragmentKind, ...]] = ("tiles_short", "tiles_long", "lifetime")


class Operands(msgspec.Struct, frozen=True, kw_only=True):
    """What an aggregation of a view is over, bound to the source.

    Args:
        fields: its expressions: none for whole events, several for those that go together.
        by: what the event is chosen by, of ArgMax and ArgMin.
        place: an event's place in time: its event time and, where the source has one, its event id.
    """

    fields: tuple[Expr, ...]
    place: tuple[Expr, ...]
    by: Expr | None = None

    @property
    def value(self) -> Expr:
        """The one expression."""
        (value,) = self.fields
        return value


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """A partial before it has a name and a condition; see Partial.

    Args:
        suffix: of the partial's name, by default the function.
    """

    function: PartialFunction
    value: Expr | None = None
    power: int = 1
    limb: int = 0
    order: tuple[Expr, ...] = ()
    fields: tuple[Expr, ...] = ()
    suffix: str = ""

    def partial(self, name: str, where: Expr | None) -> Partial:
        """The partial it is for an aggregation of a name, over the events for which `where` is true.

        Raises:
            DefinitionError: its function is not defined over the type.
        """
        return Partial(
            name=f"{name}_{self.suffix or self.function}",
            function=self.function,
            value=self.value,
            where=where,
            type=partial_type(self.function, self.value.type if self.value else None, self.power),
            power=self.power,
            limb=self.limb,
            order=self.order,
            fields=self.fields,
        )


class AggregationRule(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table.

    Args:
        takes: how many expressions it is over: none, one, or several of one event.
        state: its partials, in the order its value is computed from; raises DefinitionError where it is refused.
        result: the feature's type, of one field of those it is over; raises DefinitionError where it is refused.
        empty: its value over no events.
        fragments: the kinds of fragment that may hold it.
    """

    takes: Literal["none", "one", "several"]
    state: Callable[[Operands], tuple[Piece, ...]]
    result: Callable[[Type | None], Type]
    empty: int | None
    fragments: tuple[FragmentKind, ...]


# --- states ---------------------------------------------------------------------------------------------------------


def _events(_over: Operands) -> tuple[Piece, ...]:
    return (Piece(function="count"),)


def _of_values(*functions: PartialFunction) -> Callable[[Operands], tuple[Piece, ...]]:
    return lambda over: tuple(Piece(function=function, value=over.value) for function in functions)


def _extreme(number: PartialFunction, mark: PartialFunction) -> Callable[[Operands], tuple[Piece, ...]]:
    """Of numbers the number, of texts a mark: a tile's record has a fixed place for the one and not for the other."""

    def state(over: Operands) -> tuple[Piece, ...]:
        if over.value.type.kind == "string":
            return (Piece(function=mark, order=(over.value,)),)
        return (Piece(function=number, value=over.value),)

    return state


def _moments(highest: int) -> Callable[[Operands], tuple[Piece, ...]]:
    """Count, sum, and the sums of squares up to those of the highest power; a wide power in several limbs."""

    def state(over: Operands) -> tuple[Piece, ...]:
        value = over.value
        if not value.type.is_exact:
            raise DefinitionError(
                f"over {value.type} its sums of powers are not exact, and a tile has nothing else to compute it from",
                mend="use an integer or a decimal",
            )
        pieces = [Piece(function="count", value=value), Piece(function="sum", value=value)]
        for power in range(2, highest + 1):
            limbs = limbs_of(value.type, power)
            pieces += [
                Piece(
                    function="sum",
                    value=value,
                    power=power,
                    limb=limb,
                    suffix=f"sum{power}" if limbs == 1 else f"sum{power}_{limb}",
                )
                for limb in range(limbs)
            ]
        return tuple(pieces)

    return state


def _at_the_end(function: PartialFunction) -> Callable[[Operands], tuple[Piece, ...]]:
    return lambda over: (Piece(function=function, order=over.place, fields=over.fields),)


def _at_the_extreme(function: PartialFunction) -> Callable[[Operands], tuple[Piece, ...]]:
    def state(over: Operands) -> tuple[Piece, ...]:
        assert over.by is not None, "its class asks for it"
        return (Piece(function=function, order=(over.by, *over.place), fields=over.fields),)

    return state


def _instant(function: PartialFunction) -> Callable[[Operands], tuple[Piece, ...]]:
    return lambda over: (Piece(function=function, value=over.place[0]),)


# --- results --------------------------------------------------------------------------------------------------------


def _int(_value: Type | None) -> Type:
    return INT


def _sum(value: Type | None) -> Type:
    held = partial_type("sum", value)
    return INT if value == INT else held if held == DOUBLE else Type("decimal", MAX_DIGITS, held.scale)


def _mean(value: Type | None) -> Type:
    partial_type("sum", value)
    return DOUBLE


def _double(_value: Type | None) -> Type:
    return DOUBLE


def _ordered(value: Type | None) -> Type:
    if value is not None and value.kind == "boolean":
        raise DefinitionError("booleans have no least and greatest", mend="count: Count(where=_.field)")
    return value if value is not None and value.kind == "string" else partial_type("max", value)


def _itself(value: Type | None) -> Type:
    assert value is not None, "it is over expressions"
    return value


_EVERYWHERE: Final = FRAGMENT_KINDS

AGGREGATIONS: Final[dict[str, AggregationRule]] = {
    "count": AggregationRule(takes="none", state=_events, result=_int, empty=0, fragments=_EVERYWHERE),
    "sum": AggregationRule(takes="one", state=_of_values("sum"), result=_sum, empty=0, fragments=_EVERYWHERE),
    "mean": AggregationRule(
        takes="one", state=_of_values("sum", "count"), result=_mean, empty=None, fragments=_EVERYWHERE
    ),
    "min": AggregationRule(
        takes="one", state=_extreme("min", "least"), result=_ordered, empty=None, fragments=_EVERYWHERE
    ),
    "max": AggregationRule(
        takes="one", state=_extreme("max", "greatest"), result=_ordered, empty=None, fragments=_EVERYWHERE
    ),
    "var": AggregationRule(takes="one", state=_moments(2), result=_double, empty=None, fragments=_EVERYWHERE),
    "std": AggregationRule(takes="one", state=_moments(2), result=_double, empty=None, fragments=_EVERYWHERE),
    "skew": AggregationRule(takes="one", state=_moments(3), result=_double, empty=None, fragments=_EVERYWHERE),
    "kurtosis": AggregationRule(takes="one", state=_moments(4), result=_double, empty=None, fragments=_EVERYWHERE),
    "first": AggregationRule(
        takes="several", state=_at_the_end("least"), result=_itself, empty=None, fragments=_EVERYWHERE
    ),
    "last": AggregationRule(
        takes="several", state=_at_the_end("greatest"), result=_itself, empty=None, fragments=_EVERYWHERE
    ),
    "arg_min": AggregationRule(
        takes="several", state=_at_the_extreme("least"), result=_itself, empty=None, fragments=_EVERYWHERE
    ),
    "arg_max": AggregationRule(
        takes="several", state=_at_the_extreme("greatest"), result=_itself, empty=None, fragments=_EVERYWHERE
    ),
    "seconds_since_first": AggregationRule(
        takes="none", state=_instant("min"), result=_double, empty=None, fragments=_EVERYWHERE
    ),
    "seconds_since_last": AggregationRule(
        takes="none", state=_instant("max"), result=_double, empty=None, fragments=_EVERYWHERE
    ),
}
