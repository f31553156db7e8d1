"""A pool over topics of a test's own: all tests share one Kafka, and what one sends another would count."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from millpond.plan.hashes import hashed_set, hashed_view
from millpond.plan.model import OwnEvent, Pool, SetPlan


def over(pool: Pool, topic_of: Callable[[str], str], **changes: Any) -> Pool:
    """The same views and sets.

    Args:
        topic_of: gives the topic that takes the place of a source's.
        changes: of every source besides.
    """
    views = {
        view.full_name: hashed_view(
            replace(view, source=replace(view.source, topic=topic_of(view.source.topic), **changes))
        )
        for view in pool.views
    }

    def moved(plan: SetPlan) -> SetPlan:
        bindings = tuple(replace(one, meaning=views[one.view].meaning) for one in plan.bindings)
        own = plan.own_event
        own_event = replace(own, topic=topic_of(own.topic)) if isinstance(own, OwnEvent) else own
        return hashed_set(replace(plan, bindings=bindings, own_event=own_event))

    return Pool(views=tuple(views.values()), sets=tuple(map(moved, pool.sets)))
