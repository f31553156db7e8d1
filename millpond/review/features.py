"""A compiled feature as its author wrote it: `Sum(_.paid, where=_.coupon_discount > 0)`."""

from collections.abc import Callable, Sequence
from typing import Final

from millpond.define.written import written
from millpond.plan.errors import PlanError
from millpond.plan.expr import Call, Expr
from millpond.plan.model import FeaturePlan, ViewPlan
from millpond.plan.partials import Partial
from millpond.plan.types import DOUBLE
from millpond.plan.windows import format_duration

Over = Callable[[Partial, FeaturePlan], list[str]]


def _nothing(_partial: Partial, _feature: FeaturePlan) -> list[str]:
    return []


def _value(partial: Partial, _feature: FeaturePlan) -> list[str]:
    """Of texts, Min and Max keep marks."""
    return [written(partial.order[0] if partial.value is None else partial.value)]


def _field(partial: Partial, feature: FeaturePlan) -> list[str]:
    return [written(partial.fields[feature.place])]


def _chosen(partial: Partial, feature: FeaturePlan) -> list[str]:
    return [written(partial.fields[feature.place]), f"by={written(partial.order[0])}"]


def _tallied(partial: Partial, _feature: FeaturePlan) -> list[str]:
    return [written(_as_given(partial.order[0]) if partial.bucketed else partial.order[0])]


def _as_given(value: Expr) -> Expr:
    """Quantiles are over doubles, whatever was given."""
    return value.args[0] if isinstance(value, Call) and value.op == "cast" and value.type == DOUBLE else value


# Where each aggregation's expressions stand in the first partial of its state.
_OVER: Final[dict[str, Over]] = {
    "count": _nothing,
    "sum": _value,
    "mean": _value,
    "min": _value,
    "max": _value,
    "var": _value,
    "std": _value,
    "skew": _value,
    "kurtosis": _value,
    "first": _field,
    "last": _field,
    "arg_min": _chosen,
    "arg_max": _chosen,
    "first_k": _field,
    "last_k": _field,
    "count_distinct": _tallied,
    "count_new": _tallied,
    "top_k": _tallied,
    "value_counts": _tallied,
    "quantile": _tallied,
    "seconds_since_first": _nothing,
    "seconds_since_last": _nothing,
}


def aggregation_of(view: ViewPlan, feature: FeaturePlan) -> str:
    """The aggregation of one of a view's features, windows left out.

    Raises:
        PlanError: an aggregation that is not known here.
    """
    if feature.aggregation not in _OVER:
        raise PlanError(
            f"{feature.aggregation!r} is no aggregation", where=f"{view.full_name}.{feature.name}",
            mend="compile the pool with this version of Millpond",
        )  # fmt: skip
    state = _state(view, feature)
    given = [*_OVER[feature.aggregation](state[0], feature), *_parameters(feature)]
    if state[0].where is not None:
        given.append(f"where={written(state[0].where)}")
    return f"{_class(feature.aggregation)}({', '.join(given)})"


def most_kept(view: ViewPlan, feature: FeaturePlan) -> int:
    """How many marks a tile keeps for a feature at most; 0 where it keeps none."""
    return max(partial.most for partial in _state(view, feature))


def window_of(feature: FeaturePlan) -> str:
    """Its window as in Python: `30d`, or `30d delayed 7d`."""
    size = "lifetime" if feature.window.size_ms is None else format_duration(feature.window.size_ms)
    delay = feature.window.delay_ms
    return f"{size} delayed {format_duration(delay)}" if delay else size


def _state(view: ViewPlan, feature: FeaturePlan) -> Sequence[Partial]:
    partials = {partial.name: partial for partial in view.partials}
    return [partials[name] for name in feature.partials]


def _parameters(feature: FeaturePlan) -> list[str]:
    given = feature.parameters
    return [
        *([f"k={given.k}"] if given.k else []),
        *([f'p="{given.p}"'] if given.p else []),
        *([f'keep="{format_duration(given.keep_ms)}"'] if given.keep_ms else []),
    ]


def _class(aggregation: str) -> str:
    return "".join(word.capitalize() for word in aggregation.split("_"))
