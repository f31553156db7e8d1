"""Features in words: one sentence out of an aggregation, its condition, its windows, its entity and its source."""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from millpond.plan.english.expressions import condition, joined, operand
from millpond.plan.english.windows import duration, windows
from millpond.plan.expr import Expr, fields_of
from millpond.plan.model import FeaturePlan, ViewPlan
from millpond.plan.partials import Partial
from millpond.plan.types import Kind

MEDIAN: Final = "0.5"


class Told(NamedTuple):
    """What the words of an aggregation are made of.

    Attributes:
        feature: one of its features: what it was given and its type are those of all.
        over: what it is over, in words.
        by: what its event is chosen by, in words.
        events: `sales of one customer`.
    """

    feature: FeaturePlan
    over: str
    by: str
    events: str


class Reads(NamedTuple):
    """The expressions of events that features of one aggregation read.

    Attributes:
        keys: what gives the key columns.
        over: what the aggregation is over; none of whole events.
        chosen: what it chooses an event by, beside its time.
        where: its condition.
    """

    keys: tuple[Expr, ...]
    over: tuple[Expr, ...]
    chosen: tuple[Expr, ...]
    where: tuple[Expr, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The paths of the fields in them, in order."""
        trees = (*self.keys, *self.over, *self.chosen, *self.where)
        return tuple(dict.fromkeys(field.name for tree in trees for field in fields_of(tree)))


def reads_of(view: ViewPlan, features: Sequence[FeaturePlan]) -> Reads:
    """What features of one aggregation read; at least one feature."""
    first = state_of(view, features[0])[0]
    if first.fields:
        over = tuple(first.fields[place] for place in dict.fromkeys(feature.place for feature in features))
    else:
        over = first.order[:1] if first.order else () if first.value is None else (first.value,)
    return Reads(
        keys=view.by,
        over=over,
        chosen=first.order[:1] if features[0].aggregation in CHOSEN else (),
        where=() if first.where is None else (first.where,),
    )


def state_of(view: ViewPlan, feature: FeaturePlan) -> tuple[Partial, ...]:
    """The partials that a feature is computed from, in the order of its aggregation's state."""
    columns = {partial.name: partial for partial in view.partials}
    return tuple(columns[name] for name in feature.partials)


def sentence(view: ViewPlan, features: Sequence[FeaturePlan]) -> str:
    """What some features of one aggregation are: all its windows, or one; all parts that it tells of an event, or one.

    Args:
        features: at least one.
    """
    reads = reads_of(view, features)
    told = Told(
        feature=features[0],
        over=joined([operand(expr) for expr in reads.over], "and"),
        by=joined([operand(expr) for expr in reads.chosen], "and"),
        events=f"{_words(view.source.name)} of {_whose(view)}",
    )
    where = "".join(f", where {condition(expr)}" for expr in reads.where)
    spans = list({feature.window.label: feature.window for feature in features}.values())
    return f"{AGGREGATIONS[features[0].aggregation](told)} {windows(spans)}{where}."


def _whose(view: ViewPlan) -> str:
    """`one account (as sender_id)`: by which expressions, where these are not fields of the key columns' names."""
    keys = [operand(expr) for expr in view.by]
    as_named = keys == [key.name for key in view.entity.keys]
    return f"one {_words(view.entity.name)}" + ("" if as_named else f" (as {joined(keys, 'and')})")


def _words(name: str) -> str:
    return name.replace("_", " ")


# --- aggregations ---------------------------------------------------------------------------------------------------

CHOSEN: Final = frozenset({"arg_min", "arg_max"})
_LEAST: Final[dict[Kind, str]] = {
    "int": "The least {}",
    "decimal": "The least {}",
    "double": "The least {}",
    "timestamp": "The earliest {}",
    "string": "The first {} by its bytes",
}
_GREATEST: Final[dict[Kind, str]] = {
    "int": "The greatest {}",
    "decimal": "The greatest {}",
    "double": "The greatest {}",
    "timestamp": "The latest {}",
    "string": "The last {} by its bytes",
}


def _over(what: str) -> Callable[[Told], str]:
    return lambda told: f"{what} {told.over} over the {told.events}"


def _of_one(which: str) -> Callable[[Told], str]:
    return lambda told: f"The {told.over} of the {which} of the {told.events}"


def _chosen(which: str) -> Callable[[Told], str]:
    return lambda told: f"The {told.over} of the one with the {which} {told.by} of the {told.events}"


def _of_several(which: str) -> Callable[[Told], str]:
    def words(told: Told) -> str:
        k = told.feature.parameters.k
        return f"The {told.over} of the {which} {k} of the {told.events}, the {which} one first,"

    return words


def _extreme(words: dict[Kind, str]) -> Callable[[Told], str]:
    return lambda told: f"{words[told.feature.type.kind].format(told.over)} over the {told.events}"


def _new(told: Told) -> str:
    keep = duration(told.feature.parameters.keep_ms)
    return f"How many values of {told.over} are new to the {told.events} (remembered for {keep})"


def _top(told: Told) -> str:
    k = told.feature.parameters.k
    if k == 1:
        return f"The most frequent value of {told.over} over the {told.events}"
    return f"The {k} most frequent values of {told.over} over the {told.events}, the most frequent one first,"


def _quantile(told: Told) -> str:
    p = told.feature.parameters.p
    which = "median" if p == MEDIAN else f"{p} quantile"
    return f"The {which} of {told.over} over the {told.events}"


AGGREGATIONS: Final[dict[str, Callable[[Told], str]]] = {
    "count": lambda told: f"How many {told.events} there were",
    "sum": _over("The sum of"),
    "mean": _over("The mean of"),
    "min": _extreme(_LEAST),
    "max": _extreme(_GREATEST),
    "var": _over("The variance of"),
    "std": _over("The standard deviation of"),
    "skew": _over("The skewness of"),
    "kurtosis": _over("The excess kurtosis of"),
    "first": _of_one("first"),
    "last": _of_one("last"),
    "arg_min": _chosen("least"),
    "arg_max": _chosen("greatest"),
    "first_k": _of_several("first"),
    "last_k": _of_several("last"),
    "count_distinct": lambda told: f"How many different values of {told.over} the {told.events} have",
    "count_new": _new,
    "top_k": _top,
    "value_counts": lambda told: f"How often each value of {told.over} occurs in the {told.events}",
    "quantile": _quantile,
    "seconds_since_first": lambda told: f"Seconds from the first of the {told.events} to the read,",
    "seconds_since_last": lambda told: f"Seconds from the last of the {told.events} to the read,",
}
