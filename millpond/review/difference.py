"""Two pools compared, view by view and set by set: what is new, gone, or of another meaning, and where it differs."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from millpond.define.written import written
from millpond.plan.hashes import source_as_read
from millpond.plan.model import FeaturePlan, Pool, SetPlan, SourcePlan, ViewPlan
from millpond.plan.windows import format_duration
from millpond.review.features import aggregation_of, most_kept, window_of

What = Literal["view", "set"]
Kind = Literal["new", "new version", "meaning", "prose", "gone"]
Plan = TypeVar("Plan", bound=ViewPlan | SetPlan)

HIDDEN = "as it was written; its types or a zone's rules differ"


@dataclass(frozen=True, kw_only=True)
class Detail:
    """One thing that differs, as a person reads it.

    Attributes:
        what: such as `spend_30d: where`.
        before: empty where there was none.
        after: empty where there is none.
    """

    what: str
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class Change:
    """A view or a set that is not as it was.

    Attributes:
        name: `<domain>.<name>`.
        version: the present one; of what is gone its last.
        before: the version it is compared with; None where there is none.
        details: of a new version against the newest one before; none of what is new or gone.
        features: of a view those that are new or of another meaning, in its order.
    """

    what: What
    name: str
    version: int
    kind: Kind
    before: int | None = None
    details: tuple[Detail, ...] = ()
    features: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """`view <domain>.<view>.v<N>`."""
        return f"{self.what} {self.name}.v{self.version}"


@dataclass(frozen=True, kw_only=True)
class Difference:
    """Everything that differs; views first, each by name."""

    changes: tuple[Change, ...]
    unchanged: int


def difference(before: Pool, after: Pool) -> Difference:
    """What `after` has otherwise than `before`; of either a name may stand in several versions.

    Raises:
        PlanError: a plan holds what this version of Millpond does not know.
    """
    changes = [
        *_compared("view", before.views, after.views, _view_details),
        *_compared("set", before.sets, after.sets, _set_details),
    ]
    return Difference(changes=tuple(changes), unchanged=len(after.views) + len(after.sets) - _present(changes))


def _present(changes: Iterable[Change]) -> int:
    return sum(change.kind != "gone" for change in changes)


def _compared(
    what: What,
    before: Sequence[Plan],
    after: Sequence[Plan],
    details: Callable[[Plan, Plan], Iterator[Detail]],
) -> Iterator[Change]:
    known = {(plan.full_name, plan.version): plan for plan in before}
    present = {(plan.full_name, plan.version): plan for plan in after}
    for name, version in sorted(known.keys() | present.keys()):
        new, old = present.get((name, version)), known.get((name, version))
        if new is None:
            yield Change(what=what, name=name, version=version, kind="gone", before=version)
            continue
        others = sorted((plan for plan in before if plan.full_name == name), key=lambda plan: plan.version)
        if not others:
            yield Change(what=what, name=name, version=version, kind="new", features=_names(new))
        elif old is None:
            found = (*details(others[-1], new), *_prose(others[-1], new))
            yield Change(
                what=what,
                name=name,
                version=version,
                kind="new version",
                before=others[-1].version,
                details=found,
                features=_names(new),
            )
        elif old.meaning != new.meaning:
            found = tuple(details(old, new)) or (Detail(what="compiled plan", before=old.meaning, after=new.meaning),)
            yield Change(
                what=what,
                name=name,
                version=version,
                kind="meaning",
                before=version,
                details=(*found, *_prose(old, new)),
                features=_changed_features(old, new),
            )
        elif old.prose != new.prose:
            found = tuple(_prose(old, new))
            yield Change(what=what, name=name, version=version, kind="prose", before=version, details=found)


def _names(plan: ViewPlan | SetPlan) -> tuple[str, ...]:
    return plan.feature_names if isinstance(plan, ViewPlan) else ()


def _changed_features(before: ViewPlan | SetPlan, after: ViewPlan | SetPlan) -> tuple[str, ...]:
    if not isinstance(before, ViewPlan) or not isinstance(after, ViewPlan):
        return ()
    old, new = (_features(view) for view in (before, after))
    return tuple(name for name, told in new.items() if old.get(name) != told)


# --- what is told of a view -----------------------------------------------------------------------------------------


def _view_details(before: ViewPlan, after: ViewPlan) -> Iterator[Detail]:
    yield from _told(_of_view(before), _of_view(after))
    old, new = _features(before), _features(after)
    for name in dict.fromkeys([*old, *new]):
        if name not in new:
            yield Detail(what=name, before=_in_one(old[name]), after="")
        elif name not in old:
            yield Detail(what=name, before="", after=_in_one(new[name]))
        else:
            yield from _told(old[name], new[name], prefix=f"{name}: ")
    yield from _hidden(before, after)


def _hidden(before: ViewPlan, after: ViewPlan) -> Iterator[Detail]:
    """Trees that differ and are written alike, such as by a zone's rules."""
    old = {partial.name: partial for partial in before.partials}
    for partial in after.partials:
        earlier = old.get(partial.name)
        if earlier is None or earlier.trees == partial.trees:
            continue
        if [*map(written, earlier.trees)] == [*map(written, partial.trees)]:
            yield Detail(what=f"{partial.name}: expression", before="", after=HIDDEN)


def _of_view(view: ViewPlan) -> dict[str, str]:
    keys = (f"{key.name} = {written(tree)} ({key.type})" for key, tree in zip(view.entity.keys, view.by, strict=True))
    tiles = [f"{format_duration(level.size_ms)} x {level.slots}" for level in view.levels]
    kept = [str(partial.most) for partial in view.partials if partial.name == "events" and view.is_exact]
    return {
        "entity": view.entity.name,
        "key": ", ".join(keys),
        **_of_source(view),
        "precision": view.precision,
        "cap": "".join(kept),
        "tiles": ", ".join([*tiles, *(["lifetime"] if view.lifetime else [])]),
    }


def _of_source(view: ViewPlan) -> dict[str, str]:
    """Of its source what decides a number of this view."""
    source: SourcePlan = source_as_read(view)
    micros = dict.fromkeys(source.micros, " in us")
    return {
        "source": source.name,
        "source: topic": source.topic,
        "source: event_time": source.event_time,
        "source: event_id": source.event_id or "",
        "source: lateness": format_duration(source.lateness_ms),
        "source: skew": format_duration(source.skew_ms),
        "source: full_history": str(source.full_history),
        "source: fields read": ", ".join(f"{c.name} {c.type}{micros.get(c.name, '')}" for c in source.columns),
        "source: schema of them": source.schema,
    }


def _features(view: ViewPlan) -> dict[str, dict[str, str]]:
    return {feature.name: _of_feature(view, feature) for feature in view.features}


def _of_feature(view: ViewPlan, feature: FeaturePlan) -> dict[str, str]:
    most = most_kept(view, feature)
    return {
        "is": aggregation_of(view, feature),
        "window": window_of(feature),
        "type": str(feature.type),
        "tiles": format_duration(feature.level_ms),
        "kept in a tile": str(most) if most else "",
    }


def _in_one(told: Mapping[str, str]) -> str:
    return f"{told['is']} over {told['window']}"


# --- what is told of a set ------------------------------------------------------------------------------------------


def _set_details(before: SetPlan, after: SetPlan) -> Iterator[Detail]:
    yield from _told(_of_set(before), _of_set(after))
    meanings = {(bound.view, bound.version): bound.meaning for bound in before.bindings}
    for bound in after.bindings:
        if meanings.get((bound.view, bound.version), bound.meaning) != bound.meaning:
            label = f"{bound.view}.v{bound.version}"
            yield Detail(what=f"view {bound.alias}", before=label, after=f"{label}, of another meaning")
    old, new = ({f"place {place}": told for place, told in _places(plan).items()} for plan in (before, after))
    yield from _told(old, new)
    if list(old) != list(new) and set(old) == set(new):
        names = (", ".join(place.name for place in plan.places) for plan in (before, after))
        yield Detail(what="order of places", before=next(names), after=next(names))


def _of_set(plan: SetPlan) -> dict[str, str]:
    bound = {f"view {b.alias}": f"{b.view}.v{b.version} by {', '.join(b.request_fields)}" for b in plan.bindings}
    own = plan.own_event or None
    encoding = plan.encoding or None
    return {
        "request": ", ".join(f"{column.name} {column.type}" for column in plan.request),
        **bound,
        "own_event": "" if own is None else f"{own.counts}, {own.topic}, {own.event_time}, {own.event_id}",
        "null": "" if encoding is None or encoding.null is None else str(encoding.null),
        "categories": "" if encoding is None else str(encoding.categories or ""),
    }


def _places(plan: SetPlan) -> dict[str, str]:
    defaults = plan.defaults or {}
    computed = {place.name: written(place.expr) for place in plan.computed}
    told = {place.name: computed.get(place.name, str(place.type)) for place in plan.places}
    # Derived places that stand in no vector still feed others.
    told = computed | told
    return {
        name: f"{text}, by default {written(defaults[name])}" if name in defaults else text
        for name, text in told.items()
    }


# --- both -----------------------------------------------------------------------------------------------------------


def _told(before: Mapping[str, str], after: Mapping[str, str], prefix: str = "") -> Iterator[Detail]:
    for what in dict.fromkeys([*before, *after]):
        old, new = before.get(what, ""), after.get(what, "")
        if old != new:
            yield Detail(what=prefix + what, before=old, after=new)


def _prose(before: ViewPlan | SetPlan, after: ViewPlan | SetPlan) -> Iterator[Detail]:
    yield from _told(_explained(before), _explained(after))


def _explained(plan: ViewPlan | SetPlan) -> dict[str, str]:
    parts: Iterable[tuple[str, str]] = (
        ((feature.name, feature.description) for feature in plan.features)
        if isinstance(plan, ViewPlan)
        else ((place.name, place.description) for place in plan.computed)
    )
    return {
        "owner": plan.owner,
        "description": plan.description,
        **{f"{name}: description": text for name, text in parts},
    }
