"""Which jobs a deployment would start: a fragment that none runs yet gets one. Plans and records alone, no I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from millpond.plan.deployment import Fragment, JobRecord, fragments_of, job_name
from millpond.plan.errors import DeployError
from millpond.plan.model import Pool, SourcePlan, ViewPlan

FIRST_GENERATION: Final = 1


@dataclass(frozen=True, kw_only=True)
class NewJob:
    """A job to be: fragments of one domain over one source."""

    name: str
    domain: str
    source: SourcePlan
    views: dict[Fragment, ViewPlan]


def new_jobs(pool: Pool, recorded: Mapping[str, JobRecord], retired: Mapping[str, int]) -> list[NewJob]:
    """One job a domain and source, of the views that no job runs yet.

    Args:
        retired: `<domain>.<view>.v<N>` -> its last retired generation.

    Raises:
        DeployError: views of one source were compiled from different definitions of it.
    """
    living = {(f.view_name, f.version, f.kind) for job in recorded.values() for f in job.living}
    wanted: dict[tuple[str, str], dict[Fragment, ViewPlan]] = {}
    for view in pool.views:
        generation = next_generation(view, recorded, retired)
        for fragment in fragments_of(view, generation):
            if (view.full_name, fragment.version, fragment.kind) not in living:
                wanted.setdefault((view.domain, view.source.name), {})[fragment] = view
    return [_new_job(views) for views in wanted.values()]


def rebuilt(view: ViewPlan, recorded: Mapping[str, JobRecord], retired: Mapping[str, int]) -> NewJob:
    """A job of the next generation of a view."""
    generation = next_generation(view, recorded, retired)
    return _new_job(dict.fromkeys(fragments_of(view, generation), view))


def next_generation(view: ViewPlan, recorded: Mapping[str, JobRecord], retired: Mapping[str, int]) -> int:
    """The generation after all there ever were: what a generation left behind is never taken for another's."""
    used = [
        fragment.generation
        for job in recorded.values()
        for fragment in job.fragments
        if (fragment.view_name, fragment.version) == (view.full_name, view.version)
    ]
    return max([*used, retired.get(f"{view.full_name}.v{view.version}", FIRST_GENERATION - 1)]) + 1


def _new_job(views: dict[Fragment, ViewPlan]) -> NewJob:
    sources = {view.source for view in views.values()}
    domain = next(iter(views)).domain
    if len(sources) > 1:
        raise DeployError(
            "its views were compiled from different definitions of it",
            where=f"source {next(iter(sources)).name!r} in domain {domain!r}",
            mend="run `millpond compile` and deploy the whole domain",
        )
    (source,) = sources
    return NewJob(name=job_name(domain, source.name, views), domain=domain, source=source, views=views)
