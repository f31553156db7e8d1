"""What the next deployment of a pool starts, publishes and refuses, and what runs on without being in the pool.

Told by the functions that a deployment itself goes by: control.new_jobs and control.meaning.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from millpond.control.meaning import given_up, refusals
from millpond.control.new_jobs import NewJob, new_jobs
from millpond.plan.deployment import Fragment, JobRecord
from millpond.plan.errors import DeployError
from millpond.plan.model import Pool, SetPlan, ViewPlan
from millpond.plan.names import dead_letter_topic
from millpond.plan.windows import format_duration
from millpond.review.standing import Standing


@dataclass(frozen=True, kw_only=True)
class Started:
    """A job to be.

    Attributes:
        name: `<domain>.<source>.<hash8>`.
        fragments: `<domain>.<view>.v<N>.<kind>.g<G>`.
        topics: that are made, dead letters last.
        source: the topic it reads.
        fills: how far back its windows look, all of which a backfill must make: `90d`, or `lifetime`.
    """

    name: str
    fragments: tuple[str, ...]
    topics: tuple[str, ...]
    source: str
    fills: str


@dataclass(frozen=True, kw_only=True)
class Left:
    """A view that runs on though the pool has it no more, until it is retired.

    Attributes:
        view: `<domain>.<view>.v<N>`.
        read_by: `<domain>.<set>.v<N>` that are served from it.
        mend: the command that ends it.
    """

    view: str
    read_by: tuple[str, ...]
    mend: str


@dataclass(frozen=True, kw_only=True)
class Outlook:
    """What a deployment would do.

    Attributes:
        refused: what it says instead of deploying anything.
        started: new jobs.
        given_up: jobs that were begun and never seen to run, which are forgotten.
        kept: fragments that run on as they are.
        left: views that nothing in the pool stands for any more.
        published: set versions served for the first time.
        republished: set versions served with other prose.
        untouched: set versions that stay served as they are, with all the models that pin them.
    """

    refused: tuple[DeployError, ...]
    started: tuple[Started, ...]
    given_up: tuple[str, ...]
    kept: tuple[str, ...]
    left: tuple[Left, ...]
    published: tuple[str, ...]
    republished: tuple[str, ...]
    untouched: tuple[str, ...]


def outlook(pool: Pool, standing: Standing) -> Outlook:
    """What deploying a pool would do where things stand so, once nothing is refused any more.

    Raises:
        DeployError: views of one source were compiled from different definitions of it.
    """
    dropped = given_up(pool, standing.jobs)
    refused = tuple(refusals(pool, _less(standing.jobs, dropped), standing.published))
    standing = standing if standing.is_real else standing.less_changed(pool)
    jobs = _less(standing.jobs, dropped)
    started = new_jobs(pool, jobs, standing.retired)
    living = [(job, fragment) for job in jobs.values() for fragment in job.living]
    wanted = {(view.full_name, view.version) for view in pool.views}
    left = [fragment for _, fragment in living if (fragment.view_name, fragment.version) not in wanted]
    sets = {f"{plan.full_name}.v{plan.version}": plan for plan in pool.sets}
    return Outlook(
        refused=refused,
        started=tuple(_started(job, standing.ns) for job in started),
        given_up=tuple(job.name for job in dropped),
        kept=tuple(fragment.label for _, fragment in living if fragment not in left),
        left=tuple(_left(left, standing)),
        published=tuple(name for name in sets if name not in standing.published),
        republished=tuple(name for name, plan in sets.items() if _is_said_anew(plan, standing)),
        untouched=tuple(
            name for name in standing.published if name not in sets or not _is_said_anew(sets[name], standing)
        ),
    )


def _is_said_anew(plan: SetPlan, standing: Standing) -> bool:
    served = standing.published.get(f"{plan.full_name}.v{plan.version}")
    return served is not None and served.plan != plan and served.plan.meaning == plan.meaning


def _started(job: NewJob, ns: str) -> Started:
    reaches = [view.reach_ms(fragment.kind) for fragment, view in job.views.items()]
    told = [reach for reach in reaches if reach is not None]
    return Started(
        name=job.name,
        fragments=tuple(fragment.label for fragment in job.views),
        topics=(*(fragment.topic(ns) for fragment in job.views), dead_letter_topic(ns, job.name)),
        source=job.source.topic,
        fills="lifetime" if len(told) < len(reaches) else format_duration(max(told)),
    )


def _left(fragments: list[Fragment], standing: Standing) -> Iterator[Left]:
    for name, version in dict.fromkeys((fragment.view_name, fragment.version) for fragment in fragments):
        readers = [
            label
            for label, publication in standing.published.items()
            for served in publication.views
            if (served.view.full_name, served.view.version) == (name, version)
        ]
        yield Left(
            view=f"{name}.v{version}", read_by=tuple(readers), mend=f"millpond retire {name} --version {version}"
        )


def running_after(pool: Pool, standing: Standing) -> dict[str, dict[Fragment, ViewPlan]]:
    """The living fragments of every job there is once a pool is deployed, by the job's name.

    Raises:
        DeployError: views of one source were compiled from different definitions of it.
    """
    standing = standing if standing.is_real else standing.less_changed(pool)
    jobs = _less(standing.jobs, given_up(pool, standing.jobs))
    started = {job.name: dict(job.views) for job in new_jobs(pool, jobs, standing.retired)}
    return running(jobs) | started


def _less(jobs: Mapping[str, JobRecord], dropped: list[JobRecord]) -> dict[str, JobRecord]:
    return {name: job for name, job in jobs.items() if job not in dropped}


def running(jobs: Mapping[str, JobRecord]) -> dict[str, dict[Fragment, ViewPlan]]:
    """The living fragments of recorded jobs that have any."""
    return {
        name: {fragment: job.view_of(fragment) for fragment in job.living} for name, job in jobs.items() if job.living
    }
