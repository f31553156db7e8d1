"""What is previewed: a set of the pool as it stands, or a view taken for a set of all its features."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from millpond.define.loader import AuthoredPool
from millpond.define.pool_files import as_it_stands
from millpond.define.source import EventSource
from millpond.plan.errors import MillpondError
from millpond.plan.hashes import hashed_set
from millpond.plan.model import Binding, Pool, SetFeature, SetPlan, SourcePlan, ViewPlan
from millpond.plan.names import did_you_mean
from millpond.sql.dialects import DUCKDB
from millpond.sql.expressions import render
from millpond.sql.quote import double_quoted


@dataclass(frozen=True, kw_only=True)
class Subject:
    """A set, and how requests for it are drawn from events.

    Attributes:
        plan: of the set.
        views: of its bindings, in order.
        is_view: it is a view's features, and no set of the pool.
        asked_by: the source whose events are the requests; None where requests are no events.
    """

    plan: SetPlan
    views: tuple[ViewPlan, ...]
    is_view: bool
    asked_by: SourcePlan | None

    @property
    def sources(self) -> Mapping[str, SourcePlan]:
        """Every source whose events it needs, by name."""
        found = {view.source.name: view.source for view in self.views}
        return found if self.asked_by is None else {self.asked_by.name: self.asked_by, **found}

    def paths(self, source: SourcePlan) -> list[str]:
        """The fields of a source that it reads, beside event time and id."""
        read = [path for view in self.views if view.source.name == source.name for path in sorted(view.fields_read)]
        if self.asked_by is not None and self.asked_by.name == source.name:
            read += [column.name for column in self.plan.request]
        return list(dict.fromkeys(read))

    @property
    def drawn_from(self) -> SourcePlan | None:
        """The one source of which every event tells a whole request; None where there is none."""
        if self.asked_by is not None:
            return self.asked_by
        keys = {name for binding in self.plan.bindings for name in binding.request_fields}
        if len(self.sources) > 1 or any(column.name not in keys for column in self.plan.request):
            return None
        return self.views[0].source

    @property
    def fields(self) -> dict[str, str]:
        """By field of the request, what of an event it is drawn from, as SQL."""
        if self.asked_by is not None:
            return {column.name: double_quoted(column.name) for column in self.plan.request}
        found: dict[str, str] = {}
        for binding, view in zip(self.plan.bindings, self.views, strict=True):
            for name, tree in zip(binding.request_fields, view.by, strict=True):
                found.setdefault(name, render(tree, DUCKDB, double_quoted))
        return {column.name: found[column.name] for column in self.plan.request}

    @property
    def entity(self) -> tuple[str, ...]:
        """The fields of the request that say whom the preview looks at closely."""
        if self.asked_by is None:
            return tuple(column.name for column in self.plan.request)
        return self.plan.bindings[0].request_fields


def subject(root: Path, name: str) -> Subject:
    """A view or a set by its full name, as the files under features/ define it; nothing of it need be deployed.

    Raises:
        InvalidPool: a definition of the pool is wrong.
        MillpondError: there is none of that name.
    """
    authored, pool = as_it_stands(root)
    sets = {plan.full_name: plan for plan in pool.sets}
    views = {view.full_name: view for view in pool.views}
    if name in sets and name in views:
        raise MillpondError(f"{name!r} is a view and a set", mend="rename one of them")
    if name in sets:
        return _of_set(authored, pool, sets[name])
    if name in views:
        return _of_view(views[name])
    raise MillpondError(
        f"the pool has no view or set {name!r}", mend=f"{did_you_mean(name, [*sets, *views])} (<domain>.<name>)"
    )


def _of_set(authored: AuthoredPool, pool: Pool, plan: SetPlan) -> Subject:
    request = authored.sets[plan.domain, plan.name].request
    return Subject(
        plan=plan,
        views=tuple(pool.view(binding.view, binding.version) for binding in plan.bindings),
        is_view=False,
        asked_by=request.plan(request.read(authored.root)) if isinstance(request, EventSource) else None,
    )


def _of_view(view: ViewPlan) -> Subject:
    binding = Binding(
        alias=view.name,
        view=view.full_name,
        version=view.version,
        meaning=view.meaning,
        request_fields=tuple(column.name for column in view.entity.keys),
    )
    plan = SetPlan(
        domain=view.domain,
        name=view.name,
        version=view.version,
        owner=view.owner,
        description=view.description,
        request=view.entity.keys,
        bindings=(binding,),
        features=tuple(SetFeature(view.name, feature.name, feature.type) for feature in view.features),
    )
    return Subject(plan=hashed_set(plan), views=(view,), is_view=True, asked_by=None)
