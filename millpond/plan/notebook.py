"""Plans as notebooks show them."""

import msgspec

from millpond.plan.aggregations import AGGREGATIONS
from millpond.plan.english.expressions import condition, value
from millpond.plan.english.features import sentence
from millpond.plan.english.windows import duration
from millpond.plan.html import card, code, joined
from millpond.plan.model import DerivedPlan, FeaturePlan, Pool, SetFeature, SetPlan, ViewPlan
from millpond.plan.types import BOOLEAN


def view_card(view: ViewPlan) -> str:
    """Every feature of a view in plain English."""
    keys = zip(view.entity.keys, view.by, strict=True)
    tiles = [duration(level.size_ms) for level in view.levels] + (["lifetime"] if view.lifetime else [])
    return card(
        view.full_name,
        view.description,
        aside=f"view, version {view.version}",
        facts=[
            ("owner", view.owner),
            ("of each", f"{view.entity.name}: {', '.join(f'{key.name} is {value(expr)}' for key, expr in keys)}"),
            ("from", f"{view.source.name}, topic {view.source.topic}"),
            ("precision", view.precision),
            ("tiles", ", ".join(tiles)),
        ],
        heads=["feature", "type", "what", "with no events", "tail error"],
        rows=([code(f.name), code(str(f.type)), sentence(view, [f]), *_edges(f)] for f in view.features),
    )


def _edges(feature: FeaturePlan) -> list[str]:
    empty = AGGREGATIONS[feature.aggregation].empty
    error = f"less than {duration(feature.tail_error_ms + 1)}" if feature.tail_error_ms else "none"
    return ["null" if empty is None else str(empty), error]


def set_card(plan: SetPlan) -> str:
    """The places of a set, in order, and what a read of it is given."""
    own = plan.own_event
    return card(
        plan.full_name,
        plan.description,
        aside=f"set, version {plan.version}",
        facts=[
            ("owner", plan.owner),
            ("request", joined(code(f"{field.name}: {field.type}") for field in plan.request)),
            ("own event", f"{own.counts} that of {own.topic}" if isinstance(own, msgspec.Struct) else ""),
        ],
        heads=["place", "type", "what"],
        rows=([code(place.name), code(str(place.type)), _what(plan, place)] for place in plan.places),
    )


def _what(plan: SetPlan, place: SetFeature | DerivedPlan) -> str:
    if isinstance(place, DerivedPlan):
        said = condition(place.expr) if place.type == BOOLEAN else value(place.expr)
        return place.description or said
    binding = next(one for one in plan.bindings if one.alias == place.alias)
    return f"{place.feature} of {binding.view} version {binding.version}"


def pool_card(pool: Pool) -> str:
    """All views and sets, a line each."""
    views = ([code(one.full_name), str(one.version), "view", str(len(one.features)), one.description, one.owner]
             for one in pool.views)  # fmt: skip
    sets = ([code(one.full_name), str(one.version), "set", str(len(one.places)), one.description, one.owner]
            for one in pool.sets)  # fmt: skip
    return card(
        "Pool",
        aside=f"{len(pool.views)} views, {len(pool.sets)} sets",
        heads=["name", "version", "is a", "features", "what", "owner"],
        rows=[*views, *sets],
    )
