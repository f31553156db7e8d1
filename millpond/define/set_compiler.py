"""From an authored set to its Plan: its keys and request typed, its derived places bound in their order."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Final

import msgspec

from millpond.define.derived import Derived
from millpond.define.expressions import bind, names_in
from millpond.define.feature_set import REQUEST, FeatureSet
from millpond.define.fields import Node, Record, Unreadable, Value, value_at
from millpond.define.place import located
from millpond.define.source import EventSource
from millpond.define.view import BoundView, FeatureView
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Constant, Expr, constant, decimal_constant, fields_of
from millpond.plan.hashes import hashed_set
from millpond.plan.model import Binding, Column, DerivedPlan, Encoding, OwnEvent, SetFeature, SetPlan, ViewPlan
from millpond.plan.paths import parse, text_of
from millpond.plan.types import Type

_LATER: Final = Unreadable("it is not derived yet", mend="put it before the place that reads it")
Attempt = Callable[[Derived, Callable[[], Expr]], Expr | None]
"""Binds one derived place; None where that failed, which has been said."""


def compile_set(
    domain: str, one: FeatureSet, plans: Mapping[FeatureView, ViewPlan], request: Record, attempt: Attempt
) -> SetPlan | None:
    """A set's Plan; None where a derived place failed.

    Args:
        plans: of every view it binds.
        request: the fields that it declares for its request.

    Raises:
        DefinitionError: a key column is of another type than the request's field, or two of them are.
    """
    bound = {view.alias: (view, plans[view.view]) for view in one.bound_views}
    with located("request"):
        keys = _keys(one.bound_views, plans, request)
    types = {column.name: column.type for column in keys}
    known: dict[str, Node] = {
        REQUEST: Record({**{name: Value(type) for name, type in types.items()}, **request.fields})
    }
    known |= {alias: _features(plan) for alias, (_, plan) in bound.items()}
    known |= {place.name: _LATER for place in one.derived}
    derived: list[DerivedPlan] = []
    failed: set[str] = set()
    for place in one.derived:
        if failed & names_in(place.value):
            failed.add(place.name)
            continue
        expr = attempt(place, lambda place=place: bind(place.value, Record(known)))  # type: ignore[misc]
        if expr is None:
            failed.add(place.name)
            continue
        derived.append(DerivedPlan(name=place.name, type=expr.type, expr=expr, description=place.description))
        known[place.name] = Value(expr.type)
    if failed:
        return None
    paths = list(dict.fromkeys(field.name for place in derived for field in fields_of(place.expr)))
    read = [(feature.bound.alias, feature.name) for feature in one.read]
    read += [path[:2] for path in map(parse, paths) if path[0] in bound]  # type: ignore[misc]
    features = tuple(SetFeature(alias, name, bound[alias][1].feature(name).type) for alias, name in dict.fromkeys(read))
    own = _own_event(one)
    if own is not None:
        mine = [view for _, view in bound.values() if view.source.topic == own.topic]
        _check_can_be_left_out(own, bound, features)
        said = [own.event_time, *([] if own.event_id is None else [own.event_id])]
        said += [field.name for view in mine for tree in view.by for field in fields_of(tree)]
        paths += [f"{REQUEST}.{name}" for name in dict.fromkeys(said)]
    return hashed_set(
        SetPlan(
            domain=domain,
            name=one.name,
            version=one.version,
            owner=one.owner,
            description=one.description,
            request=(*keys, *_taken(request, paths, types)),
            own_event=msgspec.UNSET if own is None else own,
            defaults=_defaults(one, bound) or msgspec.UNSET,
            encoding=_encoding(one, {**{f.name: f.type for f in features}, **{p.name: p.type for p in derived}}),
            bindings=tuple(_binding(view, plan) for view, plan in bound.values()),
            features=features,
            derived=tuple(derived) or msgspec.UNSET,
            vector=msgspec.UNSET if one.places == tuple(feature.name for feature in features) else one.places,
        )
    )


def declared(request: Mapping[str, str] | None) -> Record:
    """The fields that a set declares one by one."""
    return Record({name: Value(Type.parse(type)) for name, type in (request or {}).items()})


def _own_event(one: FeatureSet) -> OwnEvent | None:
    if one.own_event is None or not isinstance(one.request, EventSource):
        return None
    return OwnEvent(
        counts=one.own_event,
        topic=one.request.topic,
        event_time=one.request.event_time,
        event_id=one.request.event_id,
    )


def _check_can_be_left_out(
    own: OwnEvent, bound: Mapping[str, tuple[BoundView, ViewPlan]], features: Iterable[SetFeature]
) -> None:
    """From tiles no single event can be left out; a delayed window does not reach it."""
    for feature in features:
        view = bound[feature.alias][1]
        is_reached = view.source.topic == own.topic and view.feature(feature.feature).window.delay_ms == 0
        if own.counts == "exclude" and is_reached and not view.is_exact:
            raise DefinitionError(
                f'own_event="exclude", and {feature.name} is of tiles, which no single event can be left out of',
                mend=f'set precision="exact" in {view.full_name} (a new version), or write own_event="include"',
            )


def _defaults(one: FeatureSet, bound: Mapping[str, tuple[BoundView, ViewPlan]]) -> dict[str, Constant]:
    """What stands instead of null, of the feature's type."""
    found: dict[str, Constant] = {}
    for feature in one.read:
        if feature.instead_of_null is None:
            continue
        type = bound[feature.bound.alias][1].feature(feature.name).type
        with located(f"features[{feature.full_name!r}].default"):
            found[feature.full_name] = _default(feature.instead_of_null, type)
    return found


def _default(value: object, type: Type) -> Constant:
    if type.many is not None:
        raise DefinitionError(f"it is {type}, and a default is a single value", mend="derive what is needed of it")
    if type.kind == "decimal" and isinstance(value, int | Decimal) and not isinstance(value, bool):
        written = decimal_constant(Decimal(value))
        if written.type.scale > type.scale or written.type.precision - written.type.scale > type.precision - type.scale:
            raise DefinitionError(f"{value!r} has more digits than {type}", mend="write a value of the feature's type")
        return constant(Decimal(value).quantize(Decimal(1).scaleb(-type.scale)), type)
    if type.kind == "double" and isinstance(value, int | float) and not isinstance(value, bool):
        value = float(value)
    try:
        return constant(value, type)
    except DefinitionError as cause:
        raise DefinitionError(f"{value!r} is not of type {type}", mend="write a value of the feature's type") from cause


def _encoding(one: FeatureSet, types: Mapping[str, Type]) -> Encoding | msgspec.UnsetType:
    for name in one.categories:
        if types[name].kind != "string" or types[name].many:
            raise DefinitionError(
                f"{name} is {types[name]}, and categories are texts",
                where="categories",
                mend="leave it out: numbers stay as they are",
            )
    if one.null is None and not one.categories:
        return msgspec.UNSET
    null = None if one.null is None else float(one.null)
    return Encoding(null=null, categories={name: tuple(texts) for name, texts in one.categories.items()})


def _features(view: ViewPlan) -> Record:
    return Record({feature.name: Value(feature.type) for feature in view.features})


def _binding(bound: BoundView, plan: ViewPlan) -> Binding:
    return Binding(
        alias=bound.alias,
        view=plan.full_name,
        version=plan.version,
        meaning=plan.meaning,
        request_fields=bound.request_fields,
    )


def _taken(request: Record, paths: Iterable[str], keys: Mapping[str, Type]) -> Sequence[Column]:
    """The fields of the request, beside keys, that derived places read."""
    steps = [parse(path)[1:] for path in dict.fromkeys(paths) if path.startswith(f"{REQUEST}.")]
    return [Column(text, value_at(request, text).type) for text in map(text_of, steps) if text not in keys]


def _keys(
    bound_views: Iterable[BoundView], plans: Mapping[FeatureView, ViewPlan], request: Record
) -> tuple[Column, ...]:
    """The request's key columns, typed by the keys they are bound to."""
    found: dict[str, tuple[Column, str]] = {}
    for bound in bound_views:
        for key, name in zip(plans[bound.view].entity.keys, bound.request_fields, strict=True):
            mend = f"bind {bound.alias!r} to another field: .bind({bound.alias!r}, {key.name}=_.other_{name})"
            column, alias = found.setdefault(name, (Column(name, key.type), bound.alias))
            if column.type != key.type:
                raise DefinitionError(
                    f"the field {name!r} would be {column.type} for {alias!r} and {key.type} for {bound.alias!r}",
                    mend=mend,
                )
            if name in request.fields and (type := value_at(request, name).type) != key.type:
                raise DefinitionError(
                    f"the request's field {name!r} is {type}, and {key.type} as a key of {bound.alias!r}",
                    mend=mend,
                )
    return tuple(column for column, _ in found.values())
