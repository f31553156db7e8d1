"""FeatureSet: the ordered vector one model reads."""

from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from millpond.define import checks
from millpond.define.derived import Derived
from millpond.define.place import Place, located, place_of_caller, remember
from millpond.define.source import EventSource
from millpond.define.view import BoundView, Feature, FeatureView
from millpond.plan.errors import DefinitionError, PlanError
from millpond.plan.names import check_name, did_you_mean
from millpond.plan.types import Type

REQUEST: Final = "request"  # what expressions call what a read is given


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features of bound views, and what is derived from them, in the order a model reads them.

    Args:
        name: such as `next_visit`.
        version: a whole number; models pin it.
        owner: who answers for it.
        features: `view["name"]`, `bound["name"]`, `*view.all()`, `Derived("name", …)`.
        request: what a read is given beside the keys: a source, whose event it is, or fields with their types:
            `{"amount": "decimal(18,2)"}`. Reads take those that something is derived from.
        own_event: where the request is a source's event, whether the vector counts it: `"exclude"` leaves it out, also
            where it has arrived; `"include"` says `behind` until it has. Either way the vector is of that event's time,
            not of the present. By default a vector knows of no event, and counts all that have arrived.
        views: bound views that derived places alone read.
        categories: for `to_numpy`, by place (`sender.last_channel_7d`) the texts it may be: each becomes its index, any
            other text the number of them.
        null: for `to_numpy`, what null becomes; by default NaN.
        description: prose.

    Raises:
        DefinitionError: a value that cannot be right.
    """

    name: str
    _: KW_ONLY
    version: int
    owner: str
    features: Sequence[Feature | Derived]
    request: EventSource | Mapping[str, str] | None = None
    own_event: Literal["include", "exclude"] | None = None
    views: Sequence[BoundView | FeatureView] = ()
    categories: Mapping[str, Sequence[str]] = field(default_factory=dict)
    null: float | None = None
    description: str = ""
    place: Place = field(default_factory=place_of_caller, init=False, repr=False)

    def __post_init__(self) -> None:
        check_name(self.name, "the set")
        with located(self.name):
            checks.version(self.version)
            checks.owner(self.owner)
            checks.description(self.description)
            with located("features"):
                features = checks.listed(self.features, "features", 'write a list: features=[household["visits_1h"]]')
                if not features:
                    raise DefinitionError("there are none", mend='name at least one: household["visits_1h"]')
                for feature in features:
                    _check_feature(feature)
            object.__setattr__(self, "features", features)
            with located("request"):
                object.__setattr__(self, "request", _checked_request(self.request))
            self._check_own_event()
            with located("views"):
                views = checks.listed(self.views, "views", 'write a list: views=[account.bind("sender", …)]')
                object.__setattr__(self, "views", tuple(map(_bound, views)))
            with located("features"):
                self._check_names()
            self._check_encoding()
        remember(self)

    def _repr_html_(self) -> str:
        from millpond.define.notebook import set_card

        return set_card(self)

    @property
    def places(self) -> tuple[str, ...]:
        """The names of the vector's places, in order."""
        return tuple(one.full_name if isinstance(one, Feature) else one.name for one in self.features)

    @property
    def read(self) -> tuple[Feature, ...]:
        """Those of its places that are features of views."""
        return tuple(one for one in self.features if isinstance(one, Feature))

    @property
    def derived(self) -> tuple[Derived, ...]:
        """Those of its places that are computed, in order."""
        return tuple(one for one in self.features if isinstance(one, Derived))

    @property
    def bound_views(self) -> tuple[BoundView, ...]:
        """Its bindings, in the order they first appear."""
        found: dict[str, BoundView] = {}
        for bound in self._bindings():
            found.setdefault(bound.alias, bound)
        return tuple(found.values())

    def _bindings(self) -> list[BoundView]:
        return [*(feature.bound for feature in self.read), *(_bound(view) for view in self.views)]

    def _check_encoding(self) -> None:
        if self.null is not None and (isinstance(self.null, bool) or not isinstance(self.null, int | float)):
            raise DefinitionError(f"null={self.null!r} is not a number", mend="write a number, such as null=-1")
        if not isinstance(self.categories, Mapping):
            raise DefinitionError(
                f"categories={self.categories!r} is not a mapping",
                mend='write categories={"sender.last_channel_7d": ["WEB", "TILL"]}',
            )
        places = self.places
        for name, texts in self.categories.items():
            with located(f"categories[{name!r}]"):
                if name not in places:
                    raise DefinitionError(f"{name!r} is no place of the vector", mend=did_you_mean(str(name), places))
                listed = checks.listed(texts, "the categories", 'write a list of texts: ["WEB", "TILL"]')
                if not listed or not all(isinstance(text, str) for text in listed):
                    raise DefinitionError(f"{texts!r} are not texts", mend='write them in quotes: ["WEB", "TILL"]')
                if (twice := checks.first_repeated(listed)) is not None:
                    raise DefinitionError(f"{twice!r} stands twice", mend="leave one of them out")
        object.__setattr__(self, "categories", MappingProxyType({k: tuple(v) for k, v in self.categories.items()}))

    def _check_own_event(self) -> None:
        if self.own_event is None:
            return
        if self.own_event not in ("include", "exclude"):
            raise DefinitionError(
                f"own_event={self.own_event!r} is neither", mend='write own_event="include" or own_event="exclude"'
            )
        if not isinstance(self.request, EventSource):
            raise DefinitionError(
                f"own_event={self.own_event!r}, and the request is no event", mend="name its source: request=transfers"
            )

    def _check_names(self) -> None:
        found: dict[str, BoundView] = {}
        for bound in self._bindings():
            first = found.setdefault(bound.alias, bound)
            if first != bound:
                raise DefinitionError(
                    f"the alias {bound.alias!r} stands for two bindings: {_binding(first)} and {_binding(bound)}",
                    mend='give one of them another alias: .bind("other", …)',
                )
        repeated = checks.first_repeated(self.places)
        if repeated is not None:
            raise DefinitionError(f"{repeated!r} stands twice", mend="leave one of them out")
        taken = {REQUEST: "what is given to a read"} | dict.fromkeys(found, "a view")
        if REQUEST in found:
            raise DefinitionError(
                f"the alias {REQUEST!r} is what is given to a read", mend='give it another: .bind("other", …)'
            )
        for derived in self.derived:
            if derived.name in taken:
                raise DefinitionError(
                    f"{derived.name!r} is a derived place, and {taken[derived.name]}", mend="rename the derived place"
                )


def _check_feature(feature: object) -> None:
    match feature:
        case Feature() | Derived():
            return
        case tuple() | list():
            raise DefinitionError("a list inside the list", mend="put a * before it: *household.all()")
        case FeatureView() | BoundView():
            raise DefinitionError(f"{_called(feature)!r} is a whole view", mend=f"write *{_called(feature)}.all()")
        case str():
            raise DefinitionError(f"{feature!r} is a text", mend='take it from its view: household["visits_1h"]')
        case _:
            raise DefinitionError(f"{feature!r} is not a feature", mend='take it from a view: household["visits_1h"]')


def _called(view: FeatureView | BoundView) -> str:
    return view.name if isinstance(view, FeatureView) else view.alias


def _bound(view: object) -> BoundView:
    match view:
        case BoundView():
            return view
        case FeatureView():
            return view.bound
        case _:
            raise DefinitionError(
                f"{view!r} is not a view", mend='name a view, or a binding: views=[account.bind("a", …)]'
            )


def _checked_request(request: object) -> EventSource | Mapping[str, str] | None:
    match request:
        case None | EventSource():
            return request
        case Mapping() if request:
            for name, type in request.items():
                with located(f"{name!r}"):
                    checks.column(name, "the field")
                    _check_type(type)
            return MappingProxyType(dict(request))
        case _:
            raise DefinitionError(
                f"request={request!r} is neither a source nor fields",
                mend='name the source whose event a read is given, or write {"amount": "decimal(18,2)"}',
            )


def _check_type(written: object) -> None:
    try:
        type = Type.parse(str(written))
    except PlanError as error:
        raise DefinitionError(error.what, mend=error.mend) from error
    if type.many is not None:
        raise DefinitionError(f"{written} is several values", mend="give each a field of its own")


def _binding(bound: BoundView) -> str:
    keys = ", ".join(f"{key}=_.{name}" for key, name in zip(bound.view.entity.keys, bound.request_fields, strict=True))
    return f"{bound.view.name}({keys})"
