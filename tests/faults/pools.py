"""The retail pool over a source topic of a run's own: topics are kept apart, and so are their jobs."""

import msgspec

from millpond.plan.hashes import hashed_set, hashed_view
from millpond.plan.model import Pool


def pool_over(pool: Pool, topic: str) -> Pool:
    """The same pool over another source topic."""
    replace = msgspec.structs.replace
    views = tuple(hashed_view(replace(view, source=replace(view.source, topic=topic))) for view in pool.views)
    meaning = {view.full_name: view.meaning for view in views}
    sets = tuple(
        hashed_set(replace(plan, bindings=tuple(replace(b, meaning=meaning[b.view]) for b in plan.bindings)))
        for plan in pool.sets
    )
    return Pool(views=views, sets=sets)
