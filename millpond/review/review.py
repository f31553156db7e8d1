"""A review of a pool: what differs from what stands, what a deployment would do, and what that costs."""

from collections.abc import Mapping
from dataclasses import dataclass

from millpond.plan.model import Pool
from millpond.review.cost import Cost, Costs, Holding, events_of
from millpond.review.difference import Difference, difference
from millpond.review.outlook import Outlook, outlook, running, running_after
from millpond.review.standing import Standing
from millpond.review.writes import Tail, rows_an_event, tails


@dataclass(frozen=True, kw_only=True)
class Bill:
    """What the jobs that change cost at a load: by view, and by what each job remembers of events.

    Attributes:
        before: as things stand.
        after: once the pool is deployed, and nothing refused.
        left: names of `after` that end only when they are retired.
    """

    before: Mapping[str, Cost]
    after: Mapping[str, Cost]
    left: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Review:
    """Everything a reviewer is told.

    Attributes:
        against: what the pool was compared with, such as `HEAD`.
        is_refused: the next deployment would change nothing; only told of an environment, not of a git revision.
        tails: of every new or changed feature.
        rows: rows of tiles an event of its source gives, of every view that is new or of another meaning, by label.
        bill: None where no load was given.
    """

    against: str
    is_refused: bool
    difference: Difference
    outlook: Outlook
    tails: tuple[Tail, ...]
    rows: Mapping[str, int]
    bill: Bill | None


def review(pool: Pool, standing: Standing, holding: Holding | None, *, against: str) -> Review:
    """A pool reviewed.

    Args:
        pool: as it is to be deployed.
        standing: what it is compared with.
        holding: says what is held at a load; None where there is no load.
        against: what `standing` is called.

    Raises:
        DefinitionError: the load lacks something that is needed.
    """
    found = difference(standing.pool, pool)
    changed = [pool.view(c.name, c.version) for c in found.changes if c.what == "view" and c.features]
    deployed = outlook(pool, standing)
    return Review(
        against=against,
        is_refused=standing.is_real and bool(deployed.refused),
        difference=found,
        outlook=deployed,
        tails=tails(pool, found),
        rows={f"{view.full_name}.v{view.version}": rows_an_event(view) for view in changed},
        bill=None if holding is None else _bill(pool, standing, holding, deployed),
    )


def _bill(pool: Pool, standing: Standing, holding: Holding, deployed: Outlook) -> Bill:
    costs, before, after = Costs(holding, standing.ns), running(standing.jobs), running_after(pool, standing)
    left = {one.view for one in deployed.left}
    goes_on = {
        name
        for name, fragments in before.items()
        if after.get(name) == fragments and not left & {one.view_version for one in fragments}
    }
    before, after = ({n: f for n, f in jobs.items() if n not in goes_on} for jobs in (before, after))
    # Of a job that runs nothing else nothing is left.
    idle = [name for name, fragments in after.items() if left >= {one.view_version for one in fragments}]
    return Bill(
        before=costs.of(before),
        after=costs.of(after),
        left=(*sorted(left), *(events_of(name) for name in idle)),
    )
