"""From authored objects to the Plan: expressions bound and typed, partials shared, levels chosen, hashes taken."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import msgspec

from millpond.define.aggregations import Aggregation
from millpond.define.avro import SourceSchema
from millpond.define.derived import Derived
from millpond.define.expressions import bind
from millpond.define.feature_set import FeatureSet
from millpond.define.loader import AuthoredPool, InvalidPool, load_pool
from millpond.define.place import Place, located
from millpond.define.set_compiler import compile_set, declared
from millpond.define.source import EventSource
from millpond.define.view import FeatureView, feature_name
from millpond.plan.aggregations import AGGREGATIONS, Operands, Parameters, partials_of
from millpond.plan.errors import DefinitionError, MillpondError
from millpond.plan.expr import Expr, Field, constant
from millpond.plan.hashes import hashed_view
from millpond.plan.model import Column, EntityPlan, FeaturePlan, LevelPlan, Pool, SetPlan, ViewPlan
from millpond.plan.partials import EVENTS, Partial
from millpond.plan.types import BOOLEAN, INT, STRING, Type
from millpond.plan.windows import EXACT, LIFETIME_LEVEL, WindowSpan, choose_levels, level_for, ring_slots, share_of

_T = TypeVar("_T")


def compile_pool(root: Path, keep: Pool | None = None) -> Pool:
    """The pool under `root`, compiled.

    Args:
        root: the project's folder.
        keep: an earlier compilation; a view of the same version keeps its levels where they still serve.

    Raises:
        InvalidPool: with every error found.
    """
    return compile_authored(load_pool(root), keep)


def compile_authored(authored: AuthoredPool, keep: Pool | None = None) -> Pool:
    """See `compile_pool`.

    Raises:
        InvalidPool: with every error found, also in loading.
    """
    compiling = _Compiling(authored, keep)
    pool = compiling.pool()
    if compiling.errors:
        raise InvalidPool(compiling.errors)
    return pool


class _Compiling:
    """One compilation: goes on after an error, to find them all."""

    def __init__(self, authored: AuthoredPool, keep: Pool | None) -> None:
        self.authored = authored
        self.errors: list[MillpondError] = list(authored.errors)
        self.schemas: dict[EventSource, SourceSchema | None] = {}
        self.levels = {(v.full_name, v.version): v for v in keep.views} if keep else {}
        self.views: dict[FeatureView, ViewPlan | None] = {}

    def pool(self) -> Pool:
        for source in self.authored.sources:
            self.schema(source)
        for (domain, _), view in self.authored.views.items():
            self.views[view] = self.view(domain, view)
        sets = [self.set(domain, one) for (domain, _), one in self.authored.sets.items()]
        return Pool(
            views=tuple(view for view in self.views.values() if view),
            sets=tuple(one for one in sets if one),
        )

    def attempt(self, place: Place, where: str, work: Callable[[], _T]) -> _T | None:
        """What `work` gives; None where it found an error, which is kept with its place."""
        try:
            with located(where):
                return work()
        except MillpondError as error:
            self.errors.append(error.at(self.authored.where(place)))
            return None

    def schema(self, source: EventSource) -> SourceSchema | None:
        if source not in self.schemas:
            try:
                self.schemas[source] = source.read(self.authored.root)
            except DefinitionError as error:
                self.errors.append(error.at(self.authored.where(source.place)))
                self.schemas[source] = None
        return self.schemas[source]

    def view(self, domain: str, view: FeatureView) -> ViewPlan | None:
        schema = self.schema(view.source)
        if schema is None:
            return None
        before = len(self.errors)
        by = [
            self.attempt(view.place, f"{view.name}.by[{key!r}]", lambda key=key: _key(view, key, schema))  # type: ignore[misc]
            for key in view.entity.keys
        ]
        bound: dict[str, _Bound] = {}
        for name, aggregation in view.features.items():
            found = self.attempt(
                aggregation.place,
                f"{view.name}.features[{name!r}]",
                lambda aggregation=aggregation: _Bound(aggregation, view.source, schema),  # type: ignore[misc]
            )
            if found:
                bound[name] = found
        if len(self.errors) > before:
            return None
        keys = tuple(Column(key, expr.type) for key, expr in zip(view.entity.keys, by, strict=True) if expr)
        kept = self.levels.get((f"{domain}.{view.name}", view.version))
        features, levels = _windows(view, kept)
        partials = _partials(bound)
        columns = tuple(dict.fromkeys(p for ps in partials.values() for p in ps))
        if view.precision == EXACT:
            columns = (*columns, _kept_events(view, schema, columns))
        self.attempt(view.place, f"{view.name}.features", lambda: _check_columns(view, columns))
        if len(self.errors) > before:
            return None
        return hashed_view(
            ViewPlan(
                domain=domain,
                name=view.name,
                version=view.version,
                owner=view.owner,
                description=view.description,
                entity=EntityPlan(name=view.entity.name, keys=keys),
                source=view.source.plan(schema),
                by=tuple(expr for expr in by if expr),
                precision=view.precision,
                partials=columns,
                features=tuple(
                    FeaturePlan(
                        name=feature_name(name, part, span),
                        aggregation=aggregation.kind,
                        type=result,
                        window=span,
                        partials=tuple(partial.name for partial in partials[name]),
                        level_ms=level,
                        tail_error_ms=_tail_error(view, aggregation, span, level),
                        description=aggregation.description,
                        field=place if part else msgspec.UNSET,
                        given=bound[name].given,
                    )
                    for name, aggregation, span, level in features
                    for place, (part, result) in enumerate(zip(aggregation.parts, bound[name].results, strict=True))
                ),
                levels=levels,
                lifetime=any(span.size_ms is None for _, _, span, _ in features),
            )
        )

    def set(self, domain: str, one: FeatureSet) -> SetPlan | None:
        """Sets of views that have errors of their own are left out: they are said there."""
        names = {view: f"{d}.{name}" for (d, name), view in self.authored.views.items()}
        plans: dict[FeatureView, ViewPlan] = {}
        for bound in one.bound_views:
            if bound.view not in names and not self.authored.errors:
                where = f"{self.authored.where(one.place)}: {one.name}.features"
                self.errors.append(
                    DefinitionError(
                        f"the view {bound.view.name!r} is not in the pool", where=where, mend="define it in a domain"
                    )
                )
            plan = self.views.get(bound.view)
            if plan is None:
                return None
            plans[bound.view] = plan
        if isinstance(one.request, EventSource):
            schema = self.schema(one.request)
            if schema is None:
                return None
            request = schema.fields
        else:
            request = declared(one.request)

        def attempt(derived: Derived, work: Callable[[], Expr]) -> Expr | None:
            return self.attempt(derived.place, f"{one.name}.features[{derived.name!r}]", work)

        return self.attempt(one.place, one.name, lambda: compile_set(domain, one, plans, request, attempt))


class _Bound:
    """An aggregation, its expressions bound to the source's fields.

    Attributes:
        results: the type of each of its features in a window.
    """

    def __init__(self, aggregation: Aggregation, source: EventSource, schema: SourceSchema) -> None:
        rule = AGGREGATIONS[aggregation.kind]
        self.where: Expr | None = None
        if aggregation.where is not None:
            with located("where"):
                self.where = bind(aggregation.where, schema.fields)
                if self.where.type != BOOLEAN:
                    raise DefinitionError(
                        f"it gives {self.where.type}, not a boolean", mend="compare it with something: _.amount > 0"
                    )
        given = aggregation.parameters
        self.given: Parameters | msgspec.UnsetType = msgspec.UNSET if given == Parameters() else given
        over = Operands(
            fields=tuple(bind(expression, schema.fields) for expression in aggregation.expressions),
            place=_place(source, schema),
            by=None if aggregation.chosen_by is None else bind(aggregation.chosen_by, schema.fields),
            most=aggregation.most,
        )
        types: tuple[Type | None, ...] = tuple(field.type for field in over.fields) or (None,)
        self.results = tuple(rule.result(type) for type in types)
        self.state: tuple[Partial, ...] = rule.state(over)


def _key(view: FeatureView, key: str, schema: SourceSchema) -> Expr:
    expr = bind(view.by[key], schema.fields)
    if expr.type not in (INT, STRING):
        raise DefinitionError(
            f"a key of type {expr.type}", mend="use a field that is a whole number or a string, as it is"
        )
    return expr


def _partials(bound: dict[str, _Bound]) -> dict[str, tuple[Partial, ...]]:
    """The state of each aggregation; equal partials are one column, named by the first that needs it."""
    shared: dict[Partial, Partial] = {}

    def column(made: Partial) -> Partial:
        return shared.setdefault(msgspec.structs.replace(made, name=""), made)

    return {name: tuple(map(column, partials_of(one.state, name, one.where))) for name, one in bound.items()}


def _kept_events(view: FeatureView, schema: SourceSchema, partials: tuple[Partial, ...]) -> Partial:
    """The last events of a tile, each with the value of every tree that any partial is over; it stands last.

    Conditions are kept as they came out, not the fields they read: a reader has nothing to evaluate.
    """
    place = _place(view.source, schema)
    trees = dict.fromkeys(tree for partial in partials for tree in partial.trees if tree not in place)
    # A mark needs a field that is not null.
    fields: tuple[Expr, ...] = (constant(True, BOOLEAN), *trees)
    return Partial(
        name=EVENTS, function="lasts", value=None, where=None, type=STRING, order=place, fields=fields, most=view.cap
    )


def _place(source: EventSource, schema: SourceSchema) -> tuple[Field, ...]:
    """What an event's place in time is read from."""
    return tuple(Field(name, schema.type_of(name)) for name in (source.event_time, source.event_id) if name is not None)


def _check_columns(view: FeatureView, partials: tuple[Partial, ...]) -> None:
    """Key columns and state stand in one row."""
    for partial in partials:
        if partial.name in view.entity.keys:
            raise DefinitionError(
                f"{partial.name!r} is a key column and a column of the aggregation's state",
                mend="rename the aggregation or the key column",
            )


def _windows(
    view: FeatureView, kept: ViewPlan | None
) -> tuple[list[tuple[str, Aggregation, WindowSpan, int]], tuple[LevelPlan, ...]]:
    """The level of every feature, and the view's levels.

    Where there is a lifetime, its tiles are those of a day too: windows that take such are answered from them.
    """
    windowed = list(view.windowed())
    reached = [aggregation.reach(span) for _, aggregation, span in windowed]
    sizes = choose_levels(reached, view.precision, _levels_of(kept), fallback=view.fallback)
    features: list[tuple[str, Aggregation, WindowSpan, int]] = []
    reaches: dict[int, list[WindowSpan]] = {size: [] for size in sizes}
    for name, aggregation, span in windowed:
        reach = aggregation.reach(span)
        level = level_for(reach, sizes, share_of(reach, view.precision, view.fallback))
        assert level is not None, f"choose_levels left {span.label} without a level"
        features.append((name, aggregation, span, level))
        if reach.size_ms is not None:
            reaches[level].append(reach)
    has_ring_of_days = kept is not None and any(level.size_ms == LIFETIME_LEVEL for level in kept.levels)
    if any(reach.size_ms is None for reach in reached) and not has_ring_of_days:
        reaches.pop(LIFETIME_LEVEL, None)
    return features, tuple(LevelPlan(size_ms=size, slots=ring_slots(of, size)) for size, of in reaches.items())


def _levels_of(kept: ViewPlan | None) -> tuple[int, ...]:
    """The tile sizes that a committed view's windows are answered from."""
    if kept is None:
        return ()
    rings = {level.size_ms for level in kept.levels}
    days = {one.level_ms for one in kept.features if one.reach.size_ms is not None and kept.lifetime} & {LIFETIME_LEVEL}
    return tuple(sorted(rings | days))


def _tail_error(view: FeatureView, aggregation: Aggregation, span: WindowSpan, level: int) -> int:
    """How far off the window's tail may be, ms."""
    is_whole = span.size_ms is None and span.delay_ms == 0
    is_told = AGGREGATIONS[aggregation.kind].to_the_ms and span.delay_ms == 0
    return 0 if is_whole or is_told or view.precision == EXACT else level - 1
