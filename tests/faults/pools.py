"""The retail pool over a source topic of a run's own: topics are kept apart, and so are their jobs."""

from typing import Final

import msgspec

from millpond.plan.hashes import hashed_set, hashed_view
from millpond.plan.model import Binding, Pool, SetPlan, ViewPlan

TWIN: Final = "_again"


def pool_over(pool: Pool, topic: str) -> Pool:
    """The same pool over another source topic."""
    replace = msgspec.structs.replace
    views = tuple(hashed_view(replace(view, source=replace(view.source, topic=topic))) for view in pool.views)
    return Pool(views=views, sets=tuple(_bound(plan, views) for plan in pool.sets))


def with_twins(pool: Pool, full_name: str) -> Pool:
    """The pool grown by a set and its views that are new, and mean what a set of the pool and its views mean.

    Each is called as its original with TWIN behind it, so that one oracle answers for both.
    """
    replace = msgspec.structs.replace
    (plan,) = (plan for plan in pool.sets if plan.full_name == full_name)
    names = {binding.view for binding in plan.bindings}
    twins = tuple(hashed_view(replace(v, name=v.name + TWIN)) for v in pool.views if v.full_name in names)
    bindings = tuple(replace(binding, view=binding.view + TWIN) for binding in plan.bindings)
    again = _bound(replace(plan, name=plan.name + TWIN, bindings=bindings), twins)
    return Pool(views=(*pool.views, *twins), sets=(*pool.sets, again))


def original(view: str) -> str:
    """The name under which the oracle knows a view."""
    return view.removesuffix(TWIN)


def _bound(plan: SetPlan, views: tuple[ViewPlan, ...]) -> SetPlan:
    meaning = {view.full_name: view.meaning for view in views}

    def bound(binding: Binding) -> Binding:
        return msgspec.structs.replace(binding, meaning=meaning[binding.view])

    return hashed_set(msgspec.structs.replace(plan, bindings=tuple(map(bound, plan.bindings))))
