"""What pages are made of: the compiled pool beside what its authors wrote, and where each page lies."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Final, NamedTuple

from millpond.define.aggregations import Aggregation
from millpond.define.avro import SourceSchema
from millpond.define.examples import Example, read_examples
from millpond.define.loader import FEATURES, AuthoredPool
from millpond.define.pages.markdown import authored, prose
from millpond.define.source import EventSource
from millpond.define.view import FeatureView
from millpond.plan.english.features import sentence
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import fields_of
from millpond.plan.model import Binding, FeaturePlan, Pool, SetPlan, ViewPlan
from millpond.plan.paths import parse

FOLDER: Final = Path("docs") / FEATURES
INDEX: Final = FOLDER / "README.md"
EXAMPLES: Final = ".examples.yaml"


def examples_file(view: ViewPlan) -> Path:
    """Where a view's examples stand, from the project's root."""
    return Path(FEATURES) / view.domain / f"{view.name}{EXAMPLES}"


def view_page(view: ViewPlan) -> Path:
    """The page of a view, which GitHub shows for its folder."""
    return FOLDER / view.domain / view.name / "README.md"


def feature_page(view: ViewPlan, name: str) -> Path:
    """The page of an aggregation of a view."""
    return FOLDER / view.domain / view.name / f"{name}.md"


def set_page(plan: SetPlan) -> Path:
    """The page of a set; a dot keeps it from a view of the same name."""
    return FOLDER / plan.domain / f"{plan.name}.set" / "README.md"


def derived_page(plan: SetPlan, name: str) -> Path:
    """The page of a derived place of a set."""
    return FOLDER / plan.domain / f"{plan.name}.set" / f"{name}.md"


@dataclass(frozen=True, kw_only=True)
class Group:
    """An authored feature: an aggregation under its name, and what it gives.

    Args:
        features: window by window, and of each window part by part.
    """

    name: str
    aggregation: Aggregation
    features: tuple[FeaturePlan, ...]


class Reading(NamedTuple):
    """That a set reads features of a view under an alias.

    Attributes:
        places: those that are places of the vector.
        derived: the derived places that read one of them.
    """

    plan: SetPlan
    binding: Binding
    places: tuple[str, ...]
    derived: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Book:
    """A pool, compiled and as it was written."""

    authored: AuthoredPool
    pool: Pool

    @cached_property
    def _schemas(self) -> dict[EventSource, SourceSchema]:
        return {source: source.read(self.authored.root) for source in self.authored.sources}

    def written(self, view: ViewPlan) -> FeatureView:
        """A view as it was written."""
        return self.authored.views[view.domain, view.name]

    def schema(self, view: ViewPlan) -> SourceSchema:
        """The fields of a view's source, with what its schema says of them."""
        return self._schemas[self.written(view).source]

    def bound(self, plan: SetPlan, alias: str) -> ViewPlan:
        """The view that a set binds under an alias."""
        (binding,) = (binding for binding in plan.bindings if binding.alias == alias)
        return self.pool.view(binding.view, binding.version)

    def file(self, view_or_set: ViewPlan | SetPlan) -> Path:
        """The file that defines a view or a set, from the project's root."""
        at = view_or_set.domain, view_or_set.name
        written = self.authored.views[at] if isinstance(view_or_set, ViewPlan) else self.authored.sets[at]
        return written.place.file.relative_to(self.authored.root)

    def groups(self, view: ViewPlan) -> tuple[Group, ...]:
        """A view's features by the aggregations that give them, in the order of the definition."""
        return self._groups[view.full_name]

    def group_of(self, view: ViewPlan, feature: str) -> Group:
        """The group that a feature is of."""
        return next(group for group in self.groups(view) if feature in [one.name for one in group.features])

    def examples(self, view: ViewPlan) -> list[Example]:
        """A view's examples, those that can be read: `millpond check` says what is wrong with the others."""
        return self._examples[view.full_name]

    @cached_property
    def _groups(self) -> dict[str, tuple[Group, ...]]:
        return {view.full_name: tuple(_grouped(view, self.written(view))) for view in self.pool.views}

    @cached_property
    def _examples(self) -> dict[str, list[Example]]:
        return {view.full_name: _readable(self.authored.root / examples_file(view), view) for view in self.pool.views}

    def readings(self, view: ViewPlan, group: Group) -> Iterator[Reading]:
        """Where features of a group are read."""
        names = {feature.name for feature in group.features}
        for plan in self.pool.sets:
            for binding in plan.bindings:
                if binding.view == view.full_name:
                    wanted = {f"{binding.alias}.{name}" for name in names}
                    places = tuple(place.name for place in plan.places if place.name in wanted)
                    derived = tuple(
                        place.name
                        for place in plan.computed
                        if any(".".join(parse(field.name)[:2]) in wanted for field in fields_of(place.expr))
                    )
                    if places or derived:
                        yield Reading(plan, binding, places, derived)


def what_of(view: ViewPlan, group: Group, features: Sequence[FeaturePlan]) -> str:
    """What some features of a group are, as Markdown: what the author says, else a sentence of their Plan."""
    return authored(group.aggregation.description) or prose(sentence(view, features))


def _grouped(view: ViewPlan, written: FeatureView) -> Iterator[Group]:
    rest = iter(view.features)
    for name, windows in groupby(written.windowed(), key=itemgetter(0)):
        aggregation = written.features[name]
        features = tuple(next(rest) for _window in windows for _part in aggregation.parts)
        yield Group(name=name, aggregation=aggregation, features=features)


def _readable(file: Path, view: ViewPlan) -> list[Example]:
    if not file.is_file():
        return []
    try:
        found = read_examples(view, file.read_text(encoding="utf-8"))
    except DefinitionError:
        return []
    return [example for _name, example in found if isinstance(example, Example)]
