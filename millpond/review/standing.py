"""What a pool is compared with: plans, and the records of what runs and is served."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import msgspec

from millpond.control.new_jobs import NewJob, new_jobs
from millpond.plan.deployment import JobRecord, Publication, Served
from millpond.plan.model import Pool, SetPlan, ViewPlan


@dataclass(frozen=True, kw_only=True)
class Standing:
    """An environment, as far as a deployment asks what is there already.

    Attributes:
        ns: its name, which begins topics; `<ns>` where there is no environment.
        jobs: the recorded jobs by name.
        retired: `<domain>.<view>.v<N>` -> its last retired generation.
        published: what every set version serves, by `<domain>.<set>.v<N>`.
        is_real: it runs; else it is what would run had a pool been deployed.
    """

    ns: str
    jobs: Mapping[str, JobRecord]
    retired: Mapping[str, int]
    published: Mapping[str, Publication]
    is_real: bool

    @classmethod
    def as_deployed(cls, pool: Pool) -> Self:
        """As if nothing but this pool had ever been deployed."""
        jobs = {job.name: _running(job) for job in new_jobs(pool, {}, {})}
        names = {view.full_name: name for name, job in jobs.items() for view in job.views}
        served = {f"{plan.full_name}.v{plan.version}": _served(plan, pool, names) for plan in pool.sets}
        return cls(ns="<ns>", jobs=jobs, retired={}, published=served, is_real=False)

    @property
    def pool(self) -> Pool:
        """What runs and what is served, as it was last published: prose of what is served is the newest."""
        running = [job.view_of(fragment) for job in self.jobs.values() for fragment in job.living]
        served = [one.view for publication in self.published.values() for one in publication.views]
        views: dict[tuple[str, int], ViewPlan] = {(view.full_name, view.version): view for view in running}
        for view in served:
            known = views.get((view.full_name, view.version))
            if known is not None and known.meaning == view.meaning:
                views[view.full_name, view.version] = view
        return Pool(views=tuple(views.values()), sets=tuple(one.plan for one in self.published.values()))

    def less_changed(self, pool: Pool) -> Self:
        """Less the views and sets that have another meaning in a pool: what can be deployed was never published so."""
        views = {(view.full_name, view.version): view.meaning for view in pool.views}
        sets = {f"{plan.full_name}.v{plan.version}": plan.meaning for plan in pool.sets}
        return replace(
            self,
            jobs={name: _less_changed(job, views) for name, job in self.jobs.items()},
            published={
                name: served
                for name, served in self.published.items()
                if sets.get(name, served.plan.meaning) == served.plan.meaning
            },
        )


def _less_changed(job: JobRecord, meanings: Mapping[tuple[str, int], str]) -> JobRecord:
    kept = tuple(
        fragment
        for fragment in job.fragments
        if meanings.get((fragment.view_name, fragment.version), "") in ("", job.view_of(fragment).meaning)
    )
    return msgspec.structs.replace(job, fragments=kept)


def _running(job: NewJob) -> JobRecord:
    return JobRecord(
        name=job.name,
        domain=job.domain,
        source=job.source,
        views=tuple({view.full_name: view for view in job.views.values()}.values()),
        fragments=tuple(job.views),
        flink_job_id="",
        partitions=0,
        topic_partitions=0,
        start_offsets=(),
        start_ts=0,
        covered_since=0,
        deployed_at=0,
    )


def _served(plan: SetPlan, pool: Pool, jobs: Mapping[str, str]) -> Publication:
    views = dict.fromkeys((binding.view, binding.version) for binding in plan.bindings)
    return Publication(
        plan=plan,
        views=tuple(
            Served(view=view, generation=1, job=jobs[view.full_name], covered_since=0)
            for view in pool.views
            if (view.full_name, view.version) in views
        ),
    )
