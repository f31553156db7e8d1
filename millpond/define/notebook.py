"""Definitions as notebooks show them: as they are written, for alone they know no schema to be told in words by."""

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from millpond.plan.html import card, code, joined

if TYPE_CHECKING:
    from millpond.define.aggregations import Aggregation
    from millpond.define.derived import Derived
    from millpond.define.entity import Entity
    from millpond.define.feature_set import FeatureSet
    from millpond.define.source import EventSource
    from millpond.define.view import FeatureView

_TOLD_APART: Final = ("description", "windows")


def view_card(view: "FeatureView") -> str:
    """A view: its aggregations and their windows."""
    windows: dict[str, list[str]] = {}
    for name, _aggregation, span in view.windowed():
        windows.setdefault(name, []).append(span.label)
    return card(
        view.name,
        view.description,
        aside=f"view, version {view.version}",
        facts=[
            ("owner", view.owner),
            ("of each", view.entity.name),
            ("by", joined(code(f"{key}: {value!r}") for key, value in view.by.items())),
            ("from", f"{view.source.name}, topic {view.source.topic}"),
            ("precision", view.precision),
        ],
        heads=["feature", "as written", "windows", "description"],
        rows=(
            [code(name), code(as_written(one)), ", ".join(windows[name]), one.description]
            for name, one in view.features.items()
        ),
    )


def set_card(one: "FeatureSet") -> str:
    """A set: its places in order."""
    derived = {place.name: place for place in one.derived}
    read = {place.full_name: place for place in one.read}
    return card(
        one.name,
        one.description,
        aside=f"set, version {one.version}",
        facts=[("owner", one.owner), ("request", _request(one.request)), ("own event", one.own_event or "")],
        heads=["place", "what", "description"],
        rows=(
            [code(name), code(repr(derived[name].value)), derived[name].description]
            if name in derived
            else [code(name), f"{read[name].name} of the view {read[name].bound.view.name}", ""]
            for name in one.places
        ),
    )


def _request(request: "EventSource | Mapping[str, str] | None") -> str:
    if request is None:
        return ""
    if isinstance(request, Mapping):
        return joined(code(f"{name}: {type}") for name, type in request.items())
    return f"an event of {request.name}"


def source_card(source: "EventSource") -> str:
    """A source: where its events are, and which are accepted."""
    return card(
        source.name,
        source.description,
        aside="source",
        facts=[
            ("owner", source.owner),
            ("topic", code(source.topic)),
            ("schema", code(source.schema)),
            ("event time", code(source.event_time)),
            ("event id", "" if source.event_id is None else code(source.event_id)),
            ("lateness", source.lateness),
            ("history", "full" if source.full_history else ""),
        ],
    )


def entity_card(entity: "Entity") -> str:
    """An entity: its key columns."""
    return card(entity.name, aside="entity", facts=[("keys", joined(map(code, entity.keys)))])


def aggregation_card(aggregation: "Aggregation") -> str:
    """An aggregation: as it is written, and what its class says of itself."""
    own = [one if isinstance(one, str) else one.label for one in aggregation.windows or ()]
    return card(
        as_written(aggregation),
        aggregation.description,
        facts=[("is", rule(aggregation)), ("windows", ", ".join(own) or "those of its view")],
    )


def derived_card(derived: "Derived") -> str:
    """A derived place: its formula."""
    return card(derived.name, derived.description, aside="derived place", facts=[("is", code(repr(derived.value)))])


def rule(aggregation: "Aggregation") -> str:
    """What the class of an aggregation says of itself, in a sentence: what is null, what is exact."""
    return (type(aggregation).__doc__ or "").partition("\n")[0]


def as_written(aggregation: "Aggregation") -> str:
    """`Sum(_.amount, where=(_.amount > 0))`: without what its windows and its description are."""
    given = {
        one.name: getattr(aggregation, one.name)
        for one in fields(aggregation)
        if one.init and one.name not in _TOLD_APART and getattr(aggregation, one.name) is not one.default
    }
    over = [_shown(given.pop("value"))] if "value" in given else []
    named = [f"{name}={_shown(value)}" for name, value in given.items()]
    return f"{type(aggregation).__name__}({', '.join([*over, *named])})"


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name!r}: {one!r}' for name, one in value.items())}}}"
    return repr(value)
