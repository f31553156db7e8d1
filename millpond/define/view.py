"""FeatureView: named aggregations of a source's events, one entity at a time; and its binding to a request's fields."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field, replace
from fractions import Fraction
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from ibis.expr.types import StructColumn

from millpond.define import checks
from millpond.define.aggregations import ALL, MOST_EVENTS, Aggregation
from millpond.define.entity import Entity
from millpond.define.expressions import check_expression, field_name
from millpond.define.fields import is_method
from millpond.define.place import Place, located, place_of_caller, remember
from millpond.define.source import EventSource
from millpond.define.windows import Window, spans
from millpond.plan.errors import DefinitionError
from millpond.plan.names import check_name, did_you_mean
from millpond.plan.windows import DEFAULT_SHARE, EXACT, WindowSpan, choose_levels, parse_share

if TYPE_CHECKING:
    from ibis.common.deferred import Deferred

_HALF: Final = Fraction(1, 2)


@dataclass(frozen=True, eq=False)
class FeatureView:
    """What an entity does, as features: `<aggregation>_<window>`, such as `spend_30d`.

    Args:
        name: such as `household`; the same as its file's.
        version: a whole number; a change of meaning needs the next one.
        owner: who answers for it.
        entity: whom it is about.
        source: the events it is computed from.
        by: for each key column of the entity, an expression of the event: `{"household_id": _.household_id}`. An
            event whose key is null belongs to nobody.
        windows: of every aggregation that has none of its own.
        features: the aggregations by name.
        precision: how far the tail of a window may be off, as a share of the window; or "exact": windows to the
            millisecond, also at past instants, from the events that tiles keep.
        cap: of an exact view: how many events a tile keeps, up to 1000. A window that cuts a tile with more of them is
            answered from whole tiles, and says `capped`.
        fallback: of an exact view: how far off the tail of such a window may be, as a share of it. A larger share makes
            larger tiles, and fewer: less to keep and faster to read, where no tile has more events than `cap`.
        description: prose.

    Raises:
        DefinitionError: a value that cannot be right. Expressions are bound when the pool is compiled.
    """

    name: str
    _: KW_ONLY
    version: int
    owner: str
    entity: Entity
    source: EventSource
    by: Mapping[str, "Deferred"]
    windows: Sequence[str | Window] = ()
    features: Mapping[str, Aggregation]
    precision: str = DEFAULT_SHARE
    cap: int = 100
    fallback: str = DEFAULT_SHARE
    description: str = ""
    place: Place = field(default_factory=place_of_caller, init=False, repr=False)

    def __post_init__(self) -> None:
        check_name(self.name, "the view")
        with located(self.name):
            checks.version(self.version)
            checks.owner(self.owner)
            checks.description(self.description)
            if not isinstance(self.entity, Entity):
                raise DefinitionError(
                    f"entity={self.entity!r} is not an Entity", mend='give one: Entity("user", keys=["user_id"])'
                )
            if not isinstance(self.source, EventSource):
                raise DefinitionError(f"source={self.source!r} is not an EventSource", mend="give an EventSource")
            self._check_by()
            with located("windows"):
                default = spans(self.windows)
                object.__setattr__(self, "windows", tuple(self.windows))
            self._check_features(default)
            checks.whole(self.cap, "cap", 1, MOST_EVENTS)
            if self.precision != EXACT and self.fallback != DEFAULT_SHARE:
                raise DefinitionError(
                    f"fallback={self.fallback!r} is of exact views, and precision={self.precision!r}",
                    mend=f'write precision={self.fallback!r}, or precision="exact"',
                )
            reached = [aggregation.reach(span) for _, aggregation, span in self.windowed()]
            choose_levels(reached, self.precision, fallback=self.fallback)
            self._check_remembered()
        remember(self)

    def _check_by(self) -> None:
        by: object = self.by  # whatever the author passed
        if not isinstance(by, Mapping):
            key = self.entity.keys[0]
            raise DefinitionError(f"by={by!r} is not a mapping", mend=f'write by={{"{key}": _.some_field}}')
        with located("by"):
            _check_keys(self.entity, by, lambda key: f'add "{key}": _.some_field')
        for key, value in by.items():
            with located(f"by[{key!r}]"):
                check_expression(value)
        object.__setattr__(self, "by", MappingProxyType(dict(by)))

    def _check_features(self, default: tuple[WindowSpan, ...]) -> None:
        features: object = self.features  # whatever the author passed
        if not isinstance(features, Mapping) or not features:
            raise DefinitionError("there are no features", mend='write features={"visits": Count()}')
        for name, aggregation in features.items():
            with located(f"features[{name!r}]"):
                check_name(name, "the feature")
                if not isinstance(aggregation, ALL):
                    raise DefinitionError(
                        f"{aggregation!r} is not an aggregation",
                        mend=f"use one of {', '.join(kind.__name__ for kind in ALL)}, such as Count()",
                    )
                if not aggregation.spans(default):
                    raise DefinitionError("it has no windows", mend='give some to it or to the view: windows=["1h"]')
        object.__setattr__(self, "features", MappingProxyType(dict(features)))
        with located("features"):
            for name in self.feature_names:
                check_name(name, "the feature")
                if is_method(name, StructColumn):
                    raise DefinitionError(f"the feature {name!r} is a method of ibis", mend="choose another name")
            repeated = checks.first_repeated(self.feature_names)
            if repeated is not None:
                raise DefinitionError(f"two aggregations give the feature {repeated!r}", mend="rename one of them")

    def _check_remembered(self) -> None:
        """A tile tells what is new where the ends of the window and of what is remembered lie in different ones."""
        if self.precision == EXACT or parse_share(self.precision) <= _HALF:
            return
        for name, aggregation in self.features.items():
            if aggregation.kind == "count_new":
                with located(f"features[{name!r}]"):
                    raise DefinitionError(
                        f"precision={self.precision!r} allows tiles that hold all that is remembered, and what is new",
                        mend='write precision="50%" or less, or precision="exact"',
                    )

    def _repr_html_(self) -> str:
        from millpond.define.notebook import view_card

        return view_card(self)

    def windowed(self) -> Iterator[tuple[str, Aggregation, WindowSpan]]:
        """Every feature as aggregation name, aggregation and window, in the order of the definition."""
        default = spans(self.windows)
        for name, aggregation in self.features.items():
            for span in aggregation.spans(default):
                yield name, aggregation, span

    @property
    def feature_names(self) -> tuple[str, ...]:
        """Its features' names, aggregation by aggregation, window by window."""
        return tuple(
            feature_name(name, part, span) for name, aggregation, span in self.windowed() for part in aggregation.parts
        )

    def bind(self, alias: str, /, **fields: "Deferred") -> "BoundView":
        """The view under a name of its own in a set, its keys taken from fields of the request.

        Args:
            alias: such as `sender`; a vector's names begin with it.
            **fields: for each key column of the entity a field of the request: `account_id=_.sender_id`.

        Raises:
            DefinitionError: a bad alias, a missing or unknown key column, or more than a field.
        """
        with located(f"{self.name}.bind"):
            _check_keys(self.entity, fields, lambda key: f"add {key}=_.some_field")
            named = []
            for key in self.entity.keys:
                with located(key):
                    named.append(checks.column(field_name(fields[key]), "the request field"))
            return BoundView(view=self, alias=alias, request_fields=tuple(named))

    @property
    def bound(self) -> "BoundView":
        """It under its own name, its keys taken from request fields of the same names."""
        return BoundView(view=self, alias=self.name, request_fields=tuple(self.entity.keys))

    def __getitem__(self, feature: str) -> "Feature":
        """A feature, bound under the view's own name, its keys taken from request fields of the same names."""
        return self.bound[feature]

    def all(self) -> tuple["Feature", ...]:
        """Every feature of it, in order: `features=[*household.all()]`."""
        return self.bound.all()


def feature_name(name: str, part: str, span: WindowSpan) -> str:
    """`<aggregation>_<window>`, or `<aggregation>_<field>_<window>` where it is over several fields of one event."""
    return f"{name}_{part}_{span.label}" if part else f"{name}_{span.label}"


def _check_keys(entity: Entity, given: Mapping[str, object], mend: Callable[[str], str]) -> None:
    for key in given:
        if key not in entity.keys:
            raise DefinitionError(
                f"{key!r} is not a key column of {entity.name}", mend=did_you_mean(str(key), entity.keys)
            )
    for key in entity.keys:
        if key not in given:
            raise DefinitionError(f"nothing is said about the key column {key!r} of {entity.name}", mend=mend(key))


@dataclass(frozen=True, kw_only=True)
class BoundView:
    """A view in a set: under an alias, its key columns taken from request fields (in the entity's order)."""

    view: FeatureView
    alias: str
    request_fields: tuple[str, ...]

    def __post_init__(self) -> None:
        check_name(self.alias, "the alias")
        if is_method(self.alias):
            raise DefinitionError(
                f"the alias {self.alias!r} is a method of ibis's _",
                mend=f'bind the view under another name: .bind("my_{self.alias}", …)',
            )

    def __getitem__(self, feature: str) -> "Feature":
        """A feature of the view.

        Raises:
            DefinitionError: it has no such feature.
        """
        if feature not in self.view.feature_names:
            raise DefinitionError(
                f"the view {self.view.name!r} has no feature {feature!r}",
                mend=did_you_mean(str(feature), self.view.feature_names),
            )
        return Feature(bound=self, name=feature)

    def all(self) -> tuple["Feature", ...]:
        """Every feature of the view, in order: `features=[*sender.all()]`."""
        return tuple(Feature(bound=self, name=name) for name in self.view.feature_names)


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One feature of a bound view: a place in a vector."""

    bound: BoundView
    name: str
    instead_of_null: object = None

    def default(self, value: object) -> "Feature":
        """The feature with a value for where it is null: `sender["mean_30d"].default(0)`.

        It stands in the vector alone: derived places read the null.
        """
        return replace(self, instead_of_null=value)

    @property
    def full_name(self) -> str:
        """Its name in a vector: `sender.attempts_1h`."""
        return f"{self.bound.alias}.{self.name}"
