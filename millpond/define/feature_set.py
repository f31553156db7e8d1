"""FeatureSet: the ordered vector one model reads."""

from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass, field

from millpond.define import checks
from millpond.define.place import Place, located, place_of_caller, remember
from millpond.define.view import BoundView, Feature, FeatureView
from millpond.plan.errors import DefinitionError
from millpond.plan.names import check_name


@dataclass(frozen=True, eq=False)
class FeatureSet:
    """Features of bound views, in the order a model reads them.

    Args:
        name: such as `next_visit`.
        version: a whole number; models pin it.
        owner: who answers for it.
        features: `view["name"]`, `bound["name"]`, `*view.all()`.
        description: prose.

    Raises:
        DefinitionError: a value that cannot be right.
    """

    name: str
    _: KW_ONLY
    version: int
    owner: str
    features: Sequence[Feature]
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
                repeated = checks.first_repeated(feature.full_name for feature in features)
                _check_aliases(features)
                if repeated is not None:
                    raise DefinitionError(f"{repeated!r} stands twice", mend="leave one of them out")
            object.__setattr__(self, "features", features)
        remember(self)

    @property
    def bound_views(self) -> tuple[BoundView, ...]:
        """Its bindings, in the order they first appear."""
        found: dict[str, BoundView] = {}
        for feature in self.features:
            found.setdefault(feature.bound.alias, feature.bound)
        return tuple(found.values())


def _check_feature(feature: object) -> None:
    match feature:
        case Feature():
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


def _check_aliases(features: Sequence[Feature]) -> None:
    found: dict[str, BoundView] = {}
    for feature in features:
        bound = found.setdefault(feature.bound.alias, feature.bound)
        if bound != feature.bound:
            raise DefinitionError(
                f"the alias {bound.alias!r} stands for two bindings: {_binding(bound)} and {_binding(feature.bound)}",
                mend='give one of them another alias: .bind("other", …)',
            )


def _binding(bound: BoundView) -> str:
    keys = ", ".join(f"{key}=_.{name}" for key, name in zip(bound.view.entity.keys, bound.request_fields, strict=True))
    return f"{bound.view.name}({keys})"
