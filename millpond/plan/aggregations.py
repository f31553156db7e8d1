"""What an aggregation is, in one table: its state, its result type, its empty value and the fragments that may hold it.

An aggregation's state is a tuple of partials. A partial is a mergeable function over an expression, taken where a
condition holds; two aggregations that need the same partial share one column.
"""

from collections.abc import Callable
from typing import Final, Literal

import msgspec

from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Expr, cast
from millpond.plan.partials import Partial, PartialFunction, partial_type, summable, sums_of
from millpond.plan.types import DOUBLE, INT, MAX_DIGITS, Type

FragmentKind = Literal["tiles_short", "tiles_long", "lifetime"]
FRAGMENT_KINDS: Final[tuple[FragmentKind, ...]] = ("tiles_short", "tiles_long", "lifetime")


class Operands(msgspec.Struct, frozen=True, kw_only=True):
    """What an aggregation of a view is over, bound to the source.

    Args:
        fields: its expressions: none for whole events, several for those that go together.
        by: what the event is chosen by, of ArgMax and ArgMin.
        most: how many marks its state keeps.
        place: an event's place in time: its event time and, where the source has one, its event id.
    """

    fields: tuple[Expr, ...]
    place: tuple[Expr, ...]
    by: Expr | None = None
    most: int = 0

    @property
    def value(self) -> Expr:
        """The one expression."""
        (value,) = self.fields
        return value


class Parameters(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an aggregation was given beside its expressions.

    Args:
        k: how many values TopK, FirstK and LastK give at most.
        p: of a quantile, a decimal number from 0 to 1 as text.
        keep_ms: how long before the instant read a value of CountNew is remembered.
    """

    k: int = 0
    p: str = ""
    keep_ms: int = 0


class AggregationRule(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the table.

    Args:
        takes: how many expressions it is over: none, one, or several of one event.
        state: its partials, in the order its value is computed from, named by what stands behind the aggregation's name
            and without its condition (see `partials_of`); raises DefinitionError where it is refused.
        result: the feature's type, of one field of those it is over; raises DefinitionError where it is refused.
        empty: its value over no events.
        fragments: the kinds of fragment that may hold it.
        to_the_ms: of undelayed windows the tail is exact whatever the tiles, for its state tells when things happened.
    """

    takes: Literal["none", "one", "several"]
    state: Callable[[Operands], tuple[Partial, ...]]
    result: Callable[[Type | None], Type]
    empty: int | None
    fragments: tuple[FragmentKind, ...]
    to_the_ms: bool = False


def partials_of(state: tuple[Partial, ...], name: str, where: Expr | None) -> tuple[Partial, ...]:
    """The state of an aggregation of a name, over the events for which `where` is true."""
    return tuple(msgspec.structs.replace(one, name=f"{name}_{one.name}", where=where) for one in state)


# --- states ---------------------------------------------------------------------------------------------------------


def _over(function: PartialFunction, value: Expr | None) -> Partial:
    type = partial_type(function, None if value is None else value.type)
    return Partial(name=function, function=function, value=value, where=None, type=type)


def _mark(function: PartialFunction, order: tuple[Expr, ...], fields: tuple[Expr, ...] = ()) -> Partial:
    return msgspec.structs.replace(_over(function, None), order=order, fields=fields)


def _events(_over_events: Operands) -> tuple[Partial, ...]:
    return (_over("count", None),)


def _total(over: Operands) -> tuple[Partial, ...]:
    return sums_of(over.value)


def _total_and_count(over: Operands) -> tuple[Partial, ...]:
    return (*sums_of(over.value), _over("count", over.value))


def _extreme(number: PartialFunction, mark: PartialFunction) -> Callable[[Operands], tuple[Partial, ...]]:
    """Of numbers the number, of texts a mark: a tile's record has a fixed place for the one and not for the other."""

    def state(over: Operands) -> tuple[Partial, ...]:
        is_text = over.value.type.kind == "string"
        return (_mark(mark, (over.value,)) if is_text else _over(number, over.value),)

    return state


def _moments(highest: int) -> Callable[[Operands], tuple[Partial, ...]]:
    """Count, sum, and the sums of squares up to those of the highest power; a wide power in several limbs."""

    def state(over: Operands) -> tuple[Partial, ...]:
        value = over.value
        if not value.type.is_exact:
            raise DefinitionError(
                f"over {value.type} its sums of powers are not exact, and a tile has nothing else to compute it from",
                mend='use an integer or a decimal: .cast("decimal(18,4)")',
            )
        sums = [one for power in range(1, highest + 1) for one in sums_of(value, power)]
        return (_over("count", value), *sums)

    return state


def _at_the_end(function: PartialFunction) -> Callable[[Operands], tuple[Partial, ...]]:
    return lambda over: (_mark(function, over.place, over.fields),)


def _at_the_extreme(function: PartialFunction) -> Callable[[Operands], tuple[Partial, ...]]:
    def state(over: Operands) -> tuple[Partial, ...]:
        assert over.by is not None, "its class asks for it"
        return (_mark(function, (over.by, *over.place), over.fields),)

    return state


def _instant(function: PartialFunction) -> Callable[[Operands], tuple[Partial, ...]]:
    return lambda over: (_over(function, over.place[0]),)


def _some(function: PartialFunction) -> Callable[[Operands], tuple[Partial, ...]]:
    def state(over: Operands) -> tuple[Partial, ...]:
        return (msgspec.structs.replace(_mark(function, over.place, over.fields), most=over.most),)

    return state


def _tally(over: Operands) -> tuple[Partial, ...]:
    return (msgspec.structs.replace(_mark("tally", over.fields), most=over.most),)


def _tally_of_buckets(over: Operands) -> tuple[Partial, ...]:
    (value,) = over.fields
    if not value.type.is_numeric:
        raise DefinitionError(f"a quantile of {value.type}", mend="use a number")
    return (msgspec.structs.replace(_mark("tally", (cast(value, DOUBLE),)), most=over.most, bucketed=True),)


# --- results --------------------------------------------------------------------------------------------------------


def _int(_value: Type | None) -> Type:
    return INT


def _sum(value: Type | None) -> Type:
    summed = summable(value)
    return summed if summed in (INT, DOUBLE) else Type("decimal", MAX_DIGITS, summed.scale)


def _mean(value: Type | None) -> Type:
    _sum(value)
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


def _list(value: Type | None) -> Type:
    return _itself(value).of_many("list")


def _counts(value: Type | None) -> Type:
    return _itself(value).of_many("counts")


_EVERYWHERE: Final = FRAGMENT_KINDS

AGGREGATIONS: Final[dict[str, AggregationRule]] = {
    "count": AggregationRule(takes="none", state=_events, result=_int, empty=0, fragments=_EVERYWHERE),
    "sum": AggregationRule(takes="one", state=_total, result=_sum, empty=0, fragments=_EVERYWHERE),
    "mean": AggregationRule(takes="one", state=_total_and_count, result=_mean, empty=None, fragments=_EVERYWHERE),
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
    "first_k": AggregationRule(takes="one", state=_some("firsts"), result=_list, empty=None, fragments=_EVERYWHERE),
    "last_k": AggregationRule(takes="one", state=_some("lasts"), result=_list, empty=None, fragments=_EVERYWHERE),
    "count_distinct": AggregationRule(
        takes="one", state=_tally, result=_int, empty=0, fragments=_EVERYWHERE, to_the_ms=True
    ),
    "count_new": AggregationRule(
        takes="one", state=_tally, result=_int, empty=0, fragments=_EVERYWHERE, to_the_ms=True
    ),
    "top_k": AggregationRule(takes="one", state=_tally, result=_list, empty=None, fragments=_EVERYWHERE),
    "value_counts": AggregationRule(takes="one", state=_tally, result=_counts, empty=None, fragments=_EVERYWHERE),
    "quantile": AggregationRule(
        takes="one", state=_tally_of_buckets, result=_double, empty=None, fragments=_EVERYWHERE
    ),
    "seconds_since_first": AggregationRule(
        takes="none", state=_instant("min"), result=_double, empty=None, fragments=_EVERYWHERE
    ),
    "seconds_since_last": AggregationRule(
        takes="none", state=_instant("max"), result=_double, empty=None, fragments=_EVERYWHERE
    ),
}
