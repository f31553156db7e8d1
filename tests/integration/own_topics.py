"""Topics of a test's own: all tests share one Kafka, and what one sends another would count."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from msgspec.structs import replace

from millpond.control.topics import Topics
from millpond.plan.hashes import hashed_set, hashed_view
from millpond.plan.model import OwnEvent, Pool, SetPlan
from tests.integration.servers import until


@contextmanager
def absent(kafka: str, names: Sequence[str]) -> Iterator[None]:
    """Topics whose names are those of every environment are not there, before and after."""
    topics = Topics(kafka)

    def remove() -> None:
        topics.delete(list(names))
        until(lambda: topics.admin.list_topics(timeout=10).topics.keys().isdisjoint(names), within_s=30)

    remove()
    yield
    remove()


def over(pool: Pool, topic_of: Callable[[str], str], **changes: Any) -> Pool:
    """The same views and sets, over other topics.

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
