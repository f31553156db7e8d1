"""What is published keeps its meaning: what a deployment refuses, and what it gives up. No I/O."""

from collections.abc import Iterator, Mapping

from millpond.plan.deployment import JobRecord, Publication
from millpond.plan.errors import DeployError
from millpond.plan.model import Pool


def refusals(pool: Pool, jobs: Mapping[str, JobRecord], published: Mapping[str, Publication]) -> Iterator[DeployError]:
    """An error for every version that runs or is served and has another meaning in the pool.

    Its numbers would change under the models that pin it.

    Args:
        jobs: all that are recorded, by name.
        published: what every set version serves, by `<domain>.<set>.v<N>`.
    """
    live = {
        (view.full_name, view.version): view
        for job in jobs.values()
        for view in (job.view_of(fragment) for fragment in job.living)
    }
    for view in pool.views:
        runs = live.get((view.full_name, view.version))
        if runs is not None and runs.meaning != view.meaning:
            yield _refusal(f"view {view.full_name}", f"what runs as version {view.version}", view.version)
    for plan in pool.sets:
        served = published.get(f"{plan.full_name}.v{plan.version}")
        if served is not None and served.plan.meaning != plan.meaning:
            yield _refusal(f"set {plan.full_name}", f"what is published as version {plan.version}", plan.version)


def _refusal(where: str, what: str, version: int) -> DeployError:
    return DeployError(
        f"its meaning differs from {what}",
        where=where,
        mend=f"set version={version + 1} in its definition and run `millpond compile`, or undo the change",
    )


def given_up(pool: Pool, jobs: Mapping[str, JobRecord]) -> list[JobRecord]:
    """Jobs that were never seen to run, and whose views have another meaning by now or are gone."""
    meanings = {(view.full_name, view.version): view.meaning for view in pool.views}
    return [
        job
        for job in jobs.values()
        if job.state == "starting"
        and any(meanings.get((view.full_name, view.version)) != view.meaning for view in job.views)
    ]
