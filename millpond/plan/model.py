"""The Plan: the pool compiled; frozen, JSON, and the only contract between authoring and running."""

from collections.abc import Collection
from typing import Any, Final, Literal, TypeVar

import msgspec

from millpond.plan.aggregations import FragmentKind, Parameters
from millpond.plan.errors import PlanError
from millpond.plan.expr import Constant, Expr, fields_of
from millpond.plan.names import did_you_mean
from millpond.plan.partials import EVENTS, Partial
from millpond.plan.types import Type
from millpond.plan.windows import DAY, EXACT, LIFETIME_LEVEL, LONGEST_SHORT_LEVEL, SKEW, WindowSpan, remembered

OUTAGE: Final = DAY  # how long a job may be down and still continue from its state
_T = TypeVar("_T")

LIFETIME_KEEP: Final = 400 * DAY  # how long an idle entity's lifetime is kept


class Column(msgspec.Struct, frozen=True, array_like=True):
    """A named, typed column."""

    name: str
    type: Type


class SourcePlan(msgspec.Struct, frozen=True, kw_only=True):
    """Where events come from, and which are accepted.

    Args:
        schema: the reader schema as Avro JSON: what can be read of an event, timestamps as plain longs.
        columns: the reader schema's values by their shapes (see plan.paths), in order; a timestamp is in ms.
        micros: the columns whose raw long is in microseconds (floored to ms on reading).
        lateness_ms: an event that arrives later than this after its time is refused.
        event_time: a path through records, as is event_id.
        full_history: the topic holds every event there ever was.
    """

    name: str
    topic: str
    schema: str
    columns: tuple[Column, ...]
    micros: tuple[str, ...]
    event_time: str
    event_id: str | None
    lateness_ms: int
    skew_ms: int = SKEW
    full_history: bool = False


class EntityPlan(msgspec.Struct, frozen=True, kw_only=True):
    """Whom the features are about: a name, and typed key columns (int or string)."""

    name: str
    keys: tuple[Column, ...]


class LevelPlan(msgspec.Struct, frozen=True, kw_only=True):
    """One tile size of a view: its ring has `slots` slots, a tile lies in slot `tile mod slots`."""

    size_ms: int
    slots: int

    @property
    def kind(self) -> FragmentKind:
        """The fragment that carries this level."""
        return "tiles_short" if self.size_ms <= LONGEST_SHORT_LEVEL else "tiles_long"


class FeaturePlan(msgspec.Struct, frozen=True, kw_only=True):
    """One windowed aggregation.

    Args:
        partials: names of the view's partials, in the order of the aggregation's state.
        level_ms: the tile size it is answered from.
        tail_error_ms: the tail of the window is off by at most this (level_ms - 1; 0 for an undelayed lifetime).
        field: which one of those that its aggregation is over, where that is over several of one event.
        given: what its aggregation was given beside its expressions, where that is anything.
    """

    name: str
    aggregation: str
    type: Type
    window: WindowSpan
    partials: tuple[str, ...]
    level_ms: int
    tail_error_ms: int
    description: str = ""
    field: int | msgspec.UnsetType = msgspec.UNSET
    given: Parameters | msgspec.UnsetType = msgspec.UNSET

    @property
    def parameters(self) -> Parameters:
        """What its aggregation was given beside its expressions."""
        return Parameters() if self.given is msgspec.UNSET else self.given

    @property
    def reach(self) -> WindowSpan:
        """What it looks at: its window, or, of CountNew, all of what it remembers."""
        keep = self.parameters.keep_ms
        return remembered(self.window, keep) if keep else self.window

    @property
    def place(self) -> int:
        """Which of the fields that its aggregation is over."""
        return 0 if self.field is msgspec.UNSET else self.field


class ViewPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A feature view, compiled.

    Args:
        by: one expression a key column of the entity, in its order.
        levels: the tile sizes, ascending; `lifetime` adds day tiles that are kept.
        meaning: hash of everything that decides a number; the same version may not change it once published.
        prose: hash of owner and descriptions.
    """

    domain: str
    name: str
    version: int
    owner: str
    description: str
    entity: EntityPlan
    source: SourcePlan
    by: tuple[Expr, ...]
    precision: str
    partials: tuple[Partial, ...]
    features: tuple[FeaturePlan, ...]
    levels: tuple[LevelPlan, ...]
    lifetime: bool
    meaning: str = ""
    prose: str = ""

    @property
    def full_name(self) -> str:
        """`<domain>.<name>`."""
        return f"{self.domain}.{self.name}"

    @property
    def fields_read(self) -> frozenset[str]:
        """The paths of the fields that its keys and its partials read."""
        trees = (*self.by, *(tree for partial in self.partials for tree in partial.trees))
        return frozenset(field.name for tree in trees for field in fields_of(tree))

    @property
    def is_exact(self) -> bool:
        """Whether its windows are answered to the millisecond, from the events that its tiles keep."""
        return self.precision == EXACT

    @property
    def kept_events(self) -> Partial | None:
        """The last events of a tile, where it keeps them: stored beside its record."""
        return self.partials[-1] if self.partials[-1].name == EVENTS else None

    @property
    def recorded(self) -> tuple[Partial, ...]:
        """The partials that features are made of: what a tile's record holds."""
        return self.partials if self.kept_events is None else self.partials[:-1]

    def _repr_html_(self) -> str:
        from millpond.plan.notebook import view_card

        return view_card(self)

    def feature(self, name: str) -> FeaturePlan:
        """The feature of a name; KeyError where there is none."""
        for feature in self.features:
            if feature.name == name:
                return feature
        raise KeyError(name)

    @property
    def feature_names(self) -> tuple[str, ...]:
        """In the view's order."""
        return tuple(f.name for f in self.features)

    @property
    def kinds(self) -> tuple[FragmentKind, ...]:
        """The fragments this view runs as, in a fixed order."""
        kinds: list[FragmentKind] = []
        for level in self.levels:
            if level.kind not in kinds:
                kinds.append(level.kind)
        return (*kinds, "lifetime") if self.lifetime else tuple(kinds)

    def sizes(self, kind: FragmentKind) -> tuple[int, ...]:
        """The tile sizes a fragment carries, ascending, in ms."""
        if kind == "lifetime":
            return (LIFETIME_LEVEL,)
        return tuple(level.size_ms for level in self.levels if level.kind == kind)

    def reach_ms(self, kind: FragmentKind) -> int | None:
        """How far back the fragment's windows look, delays included; None for a lifetime."""
        if kind == "lifetime":
            return None
        sizes = self.sizes(kind)
        return max((f.reach.size_ms or 0) + f.reach.delay_ms for f in self.features if f.level_ms in sizes
                   and f.reach.size_ms is not None)  # fmt: skip

    def state_ttl_ms(self, kind: FragmentKind) -> int:
        """How long Flink keeps an idle tile open: its size, the lateness, and the longest outage."""
        return max(self.sizes(kind)) + self.source.lateness_ms + OUTAGE


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """A view bound into a set: which request field gives each key column, in the entity's order."""

    alias: str
    view: str
    version: int
    meaning: str
    request_fields: tuple[str, ...]


class SetFeature(msgspec.Struct, frozen=True, array_like=True):
    """One place of a vector."""

    alias: str
    feature: str
    type: Type

    @property
    def name(self) -> str:
        """`<alias>.<feature>`."""
        return f"{self.alias}.{self.feature}"

    @property
    def flat_name(self) -> str:
        """The name where a dot is not allowed."""
        return f"{self.alias}__{self.feature}"


class DerivedPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a vector that is computed from others, and from the request.

    Args:
        expr: its fields are paths: `request.amount`, `sender.mean_90d`, `sender.last_amounts_30d[0]`, and the names of
            derived places before it.
    """

    name: str
    type: Type
    expr: Expr
    description: str = ""


class OwnEvent(msgspec.Struct, frozen=True, kw_only=True):
    """That a request is an event itself, and whether the vector counts it.

    Args:
        counts: `exclude` leaves it out wherever it has arrived; `include` says `behind` until it has.
        topic: whose views may hold it.
        event_time: where the request says its time, a path.
        event_id: where it says its id; without one an excluding vector ends before its time.
    """

    counts: Literal["include", "exclude"]
    topic: str
    event_time: str
    event_id: str | None


class Encoding(msgspec.Struct, frozen=True, kw_only=True):
    """How a vector becomes numbers.

    Args:
        null: what null is; by default NaN.
        categories: by place the texts it may be: each is its index, any other text the number of them.
    """

    null: float | None = None
    categories: dict[str, tuple[str, ...]] = {}


class SetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A feature set, compiled: the ordered, typed vector one model reads.

    Args:
        request: what a read is given: the fields that keys and derived places are taken from.
        features: those read, also where derived places alone need them.
        derived: what is computed from them, in the order of computing.
        vector: the names of its places, in order, where they are not just the features.
        own_event: where a request is an event, whose time the vector is of.
        defaults: by place, what stands there instead of null.
        encoding: how the vector becomes numbers.
    """

    domain: str
    name: str
    version: int
    owner: str
    description: str
    request: tuple[Column, ...]
    bindings: tuple[Binding, ...]
    features: tuple[SetFeature, ...]
    derived: tuple[DerivedPlan, ...] | msgspec.UnsetType = msgspec.UNSET
    vector: tuple[str, ...] | msgspec.UnsetType = msgspec.UNSET
    own_event: OwnEvent | msgspec.UnsetType = msgspec.UNSET
    defaults: dict[str, Constant] | msgspec.UnsetType = msgspec.UNSET
    encoding: Encoding | msgspec.UnsetType = msgspec.UNSET
    meaning: str = ""
    prose: str = ""

    @property
    def full_name(self) -> str:
        """`<domain>.<name>`."""
        return f"{self.domain}.{self.name}"

    @property
    def computed(self) -> tuple[DerivedPlan, ...]:
        """Its derived places, in the order of computing."""
        return () if self.derived is msgspec.UNSET else self.derived

    @property
    def places(self) -> tuple[SetFeature | DerivedPlan, ...]:
        """What stands where in the vector."""
        if self.vector is msgspec.UNSET:
            return self.features
        known: dict[str, SetFeature | DerivedPlan] = {feature.name: feature for feature in self.features}
        known |= {place.name: place for place in self.computed}
        return tuple(known[name] for name in self.vector)

    def _repr_html_(self) -> str:
        from millpond.plan.notebook import set_card

        return set_card(self)


class Pool(msgspec.Struct, frozen=True, kw_only=True):
    """All views and sets, compiled."""

    views: tuple[ViewPlan, ...]
    sets: tuple[SetPlan, ...]

    def view(self, full_name: str, version: int | None = None) -> ViewPlan:
        """The view `<domain>.<view>` at a version, by default its newest; PlanError where there is none."""
        found = [view for view in self.views if view.full_name == full_name and version in (None, view.version)]
        if not found:
            at = "" if version is None else f" at version {version}"
            raise PlanError(f"there is no view {full_name!r}{at} in the pool", mend="run `millpond compile`")
        return max(found, key=lambda view: view.version)

    def part(self, domains: Collection[str]) -> "Pool":
        """The views and sets of some domains, and what views of others their sets read.

        Raises:
            PlanError: there is no such domain.
        """
        known = sorted({view.domain for view in self.views} | {plan.domain for plan in self.sets})
        for domain in domains:
            if domain not in known:
                raise PlanError(f"there is no domain {domain!r} in the pool", mend=did_you_mean(domain, known))
        sets = tuple(plan for plan in self.sets if plan.domain in domains)
        read = {binding.view for plan in sets for binding in plan.bindings}
        return Pool(views=tuple(v for v in self.views if v.domain in domains or v.full_name in read), sets=sets)

    def _repr_html_(self) -> str:
        from millpond.plan.notebook import pool_card

        return pool_card(self)


# --- JSON -----------------------------------------------------------------------------------------------------------


def _encode_type(value: Any) -> str:
    if isinstance(value, Type):
        return str(value)
    raise NotImplementedError(f"{type(value)} has no place in a Plan")


def _decode_type(kind: type, value: Any) -> Any:
    if kind is Type:
        return Type.parse(value)
    raise NotImplementedError(f"{kind} has no place in a Plan")


_encoder: Final = msgspec.json.Encoder(enc_hook=_encode_type)


def encode(document: msgspec.Struct) -> bytes:
    """A document as canonical JSON: the same document gives the same bytes, always."""
    return _encoder.encode(document)


def decode(data: bytes | str, kind: type[_T], *, where: str) -> _T:
    """A document read back.

    Args:
        where: named in the error, such as the file.

    Raises:
        PlanError: the bytes are not such a document.
    """
    try:
        return msgspec.json.decode(data, type=kind, dec_hook=_decode_type)
    except (msgspec.DecodeError, msgspec.ValidationError) as cause:
        raise PlanError(f"not a compiled document: {cause}", where=where, mend="run `millpond compile`") from cause
