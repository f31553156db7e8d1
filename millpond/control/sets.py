"""Which publication a set version serves: its plan, and the generation and coverage of each of its views."""

from collections.abc import Mapping

from millpond.control.records import Records
from millpond.plan.clock import now_ms
from millpond.plan.deployment import JobRecord, Publication, Served
from millpond.plan.errors import DeployError
from millpond.plan.model import Pool, ViewPlan
from millpond.store.publications import Action


def publish(records: Records, pool: Pool) -> list[str]:
    """Serve a pool's sets from where their views run; returns `<domain>.<set>.v<N>` of those whose pointer moved.

    A set whose views are not covered yet is published all the same: it is a version that no model has pinned before,
    its short windows are right from the first minutes on, and the others say `incomplete`.
    """
    moved = []
    jobs = records.jobs()
    for plan in pool.sets:
        bound = dict.fromkeys((binding.view, binding.version) for binding in plan.bindings)
        publication = Publication(plan=plan, views=tuple(served(pool.view(*view), jobs) for view in bound))
        before = records.publication(plan.full_name, plan.version)
        action: Action = "cover" if before is not None and before.plan == plan else "publish"
        if records.publish(publication, now_ms=now_ms(), action=action):
            moved.append(f"{plan.full_name}.v{plan.version}")
    return moved


def follow(records: Records) -> list[str]:
    """Serve every published set from where its views are now, and since when; returns the names of those that moved."""
    jobs = records.jobs()
    moved = []
    for name, before in records.published().items():
        if records.publish(_again(before, jobs), now_ms=now_ms(), action="cover"):
            moved.append(name)
    return moved


def roll_back(records: Records, full_name: str, version: int) -> Publication:
    """Serve the plan that was served before the present publication, from where its views are now; returns it.

    Raises:
        DeployError: the set version was never published, or there is nothing before the present.
    """
    publication = _again(records.earlier(full_name, version), records.jobs())
    records.publish(publication, now_ms=now_ms(), action="roll back")
    return publication


def _again(publication: Publication, jobs: Mapping[str, JobRecord]) -> Publication:
    views = tuple(served(one.view, jobs) for one in publication.views)
    return Publication(plan=publication.plan, views=views)


def served(view: ViewPlan, jobs: Mapping[str, JobRecord]) -> Served:
    """Where a view is read: its newest generation that is covered, else the oldest that runs.

    A rebuilt view is read where it was until the new generation has everything.

    Raises:
        DeployError: no job runs the whole view.
    """
    kinds = frozenset(view.kinds)
    generations: dict[tuple[int, str], set[str]] = {}
    for job in jobs.values():
        for fragment in job.living:
            if (fragment.view_name, fragment.version) == (view.full_name, view.version):
                generations.setdefault((fragment.generation, job.name), set()).add(fragment.kind)
    whole = sorted(
        place for place, found in generations.items() if found == kinds and jobs[place[1]].state != "starting"
    )
    covered = [place for place in whole if jobs[place[1]].state == "covered"]
    if not whole:
        raise DeployError(
            f"no job runs all of its fragments; known: {sorted(generations) or 'none'}",
            where=f"view {view.full_name} version {view.version}",
            mend="run `millpond deploy`",
        )
    generation, name = covered[-1] if covered else whole[0]
    job = jobs[name]
    return Served(
        view=view,
        generation=generation,
        job=name,
        covered_since=job.covered_since,
        deployed_at=job.deployed_at,
    )
