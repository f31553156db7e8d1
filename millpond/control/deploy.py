"""Deploy: a job for every view that does not run yet, then the sets; a running job is never altered.

A new job makes the tiles from T1 on, a bounded backfill those before it. Whatever a deployment had begun when it was
interrupted is recorded, and the next one goes on with it.
"""

from collections.abc import Collection, Container, Sequence
from dataclasses import dataclass
from typing import Any

from confluent_kafka.admin import OffsetSpec

from millpond.control import meaning, new_jobs, planning, sets
from millpond.control.cluster import FlinkCluster
from millpond.control.lifecycle import Lifecycle, Say
from millpond.control.new_jobs import NewJob
from millpond.control.planning import Range
from millpond.control.records import Records
from millpond.control.recovery import is_superseded, last_checkpoint, lost_jobs, mends
from millpond.control.settings import Settings
from millpond.control.submit import new_job_id
from millpond.control.topics import SourceTopic, Topics
from millpond.control.turn import turn
from millpond.control.writers import require_readable
from millpond.plan.clock import now_ms
from millpond.plan.deployment import JobRecord, Start
from millpond.plan.errors import DeployError
from millpond.plan.model import Pool, SourcePlan, ViewPlan
from millpond.plan.names import did_you_mean


def _nothing(_line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a deployment did.

    Attributes:
        started: jobs that were started.
        kept: names of jobs that ran already.
        filling: names of jobs whose backfill goes on.
        published: `<domain>.<set>.v<N>` whose pointer moved.
        lost: names of jobs that Flink ended or does not know.
    """

    started: tuple[JobRecord, ...]
    kept: tuple[str, ...]
    filling: tuple[str, ...]
    published: tuple[str, ...]
    lost: tuple[str, ...]


def deploy(
    settings: Settings,
    pool: Pool,
    *,
    domains: Collection[str] = (),
    start: Start = "now",
    replay: bool = False,
    rebuild: Sequence[str] = (),
    resume: bool = False,
    wait: bool = True,
    say: Say = _nothing,
) -> Deployed:
    """Bring a compiled pool into an environment; go on with what an earlier deployment began.

    Args:
        settings: the environment.
        pool: compiled plans; no contributor's Python is run.
        domains: whose views and sets are to run, with what their sets read of others; by default all. What others run
            goes on.
        start: `earliest` reads each source from its first record (a new topic, a replayed history); `now` makes the
            tiles from T1 on, and a backfill those before it; until it is done, reads that reach back say `incomplete`.
        replay: the source is a history written with its own timestamps (CreateTime, stamps of any age); without it
            the topic must keep arrivals honest.
        rebuild: `<domain>.<view>[.v<N>]` to be computed again as a new generation, which is read once it has all.
        resume: go on with lost jobs from their last checkpoints.
        wait: until everything is covered; else backfills go on, and the next deployment takes note of their end.
        say: told each step.

    Raises:
        DeployError: refused before anything was changed, such as while another deployment is under way, or a job did
            not start; says which.
    """
    topics, cluster = Topics(settings.kafka), FlinkCluster(settings.flink)
    with turn(settings, say), Records(settings) as records:
        lifecycle = Lifecycle(settings, records, topics, cluster, say)
        _abandon(records, pool, topics, cluster, say)
        pool = pool.part(domains) if domains else pool
        for refusal in meaning.refusals(pool, records.jobs(), records.published()):
            raise refusal
        before = records.jobs()
        lost = lost_jobs(before, cluster)
        plans = _planned(settings, topics, records, pool, rebuild, lost, start=start, replay=replay)
        require_readable(settings, [job.source for job in plans])
        if resume:
            wanted = [before[name] for name in lost if not is_superseded(before[name], before)]
            for job in _resumed(wanted, lifecycle, cluster, say):
                del lost[job.name]
        for name, state in lost.items():
            say(f"job {name} is {state}\n  mend: {mends(before[name], before)}")
        for job in plans:
            records.put(job)
        started = [lifecycle.start(job) for job in records.jobs().values() if job.state == "starting"]
        published = [*sets.publish(records, pool)]
        filling = [lifecycle.fill(job) for job in records.jobs().values() if job.state == "filling"]
        for name in published:
            say(f"set {name} is published")
        # What an interrupted deployment has seen covered, and not yet had read.
        published += _followed(records, say)
        if wait:
            for job in filling:
                lifecycle.wait_covered(job)
                published += _followed(records, say)
        jobs = records.jobs()
        for job in jobs.values():
            if job.name not in lost and is_superseded(job, jobs):
                say(f"job {job.name}: {mends(job, jobs)}")
        return Deployed(
            started=tuple(jobs[job.name] for job in started),
            kept=tuple(sorted(jobs.keys() - {job.name for job in started})),
            filling=tuple(job.name for job in jobs.values() if job.state == "filling"),
            published=tuple(dict.fromkeys(published)),
            lost=tuple(lost),
        )


def _resumed(jobs: Sequence[JobRecord], lifecycle: Lifecycle, cluster: FlinkCluster, say: Say) -> list[JobRecord]:
    """Those that go on; of each of the others is said why it does not."""
    resumed = []
    root = cluster.checkpoint_folder() if jobs else ""
    for job in jobs:
        try:
            checkpoint = last_checkpoint(job, root, now_ms=now_ms())
        except DeployError as why:
            say(str(why))
        else:
            resumed.append(lifecycle.resume(job, checkpoint))
    return resumed


def _followed(records: Records, say: Say) -> list[str]:
    moved = sets.follow(records)
    for name in moved:
        say(f"set {name} is read from what is covered now")
    return moved


# --- what must hold first -------------------------------------------------------------------------------------------


def _abandon(records: Records, pool: Pool, topics: Topics, cluster: FlinkCluster, say: Say) -> None:
    """Forget jobs that were never seen to run, and whose views have another meaning by now or are gone."""
    for job in meaning.given_up(pool, records.jobs()):
        say(f"job {job.name} was never seen to run and is given up: its views were changed")
        # It may have run without our knowing: nothing it wrote is ever taken for that of another meaning.
        cluster.end(job.flink_job_ids)
        topics.delete([fragment.topic(records.ns) for fragment in job.fragments])
        records.end(job)


def _arrivals_are_honest(plan: SourcePlan, topic: SourceTopic, *, replay: bool) -> None:
    """Acceptance depends on a record's timestamp, so nobody may be able to write any timestamp they like."""
    if replay or topic.log_append_time or topic.after_max_ms <= plan.skew_ms:
        return
    raise DeployError(
        f"the topic takes timestamps up to {topic.after_max_ms} ms ahead of the broker's clock, "
        f"and events are accepted up to {plan.skew_ms} ms ahead",
        where=f"source {plan.name!r}, topic {plan.topic}",
        mend=f"set message.timestamp.type=LogAppendTime or message.timestamp.after.max.ms={plan.skew_ms} on it; "
        "for a replayed history say so with --replay",
    )


# --- new jobs -------------------------------------------------------------------------------------------------------


def _planned(
    settings: Settings,
    topics: Topics,
    records: Records,
    pool: Pool,
    rebuild: Sequence[str],
    lost: Container[str],
    *,
    start: Start,
    replay: bool,
) -> list[JobRecord]:
    """The records of all jobs to be; nothing is changed yet."""
    recorded, retired = records.jobs(), records.retired_generations()
    views = [_running_view(name, recorded) for name in rebuild]
    alive = {name: job for name, job in recorded.items() if name not in lost}
    again = [new_jobs.rebuilt(view, recorded, retired) for view in views if not _is_being_rebuilt(view, alive)]
    planned = []
    for job in [*new_jobs.new_jobs(pool, recorded, retired), *again]:
        source = topics.source(job.source)
        _arrivals_are_honest(job.source, source, replay=replay)
        read = _range(topics, job.source, source, start, replay=replay)
        planned.append(_record(settings, job, source, read))
    return planned


def _running_view(name: str, jobs: dict[str, JobRecord]) -> ViewPlan:
    """The plan of `<domain>.<view>[.v<N>]`, by default of its newest version that runs."""
    running = {
        f"{view.full_name}.v{view.version}": view
        for job in jobs.values()
        for view in (job.view_of(fragment) for fragment in job.living)
    }
    versions = [view for full, view in running.items() if name in (full, view.full_name)]
    if not versions:
        raise DeployError(f"no job runs a view {name!r}", where="--rebuild", mend=did_you_mean(name, running))
    return max(versions, key=lambda view: view.version)


def _is_being_rebuilt(view: ViewPlan, jobs: dict[str, JobRecord]) -> bool:
    """True where an interrupted deployment has begun it: it is gone on with, not begun again."""
    mine = [
        job.state != "covered"
        for job in jobs.values()
        for fragment in job.living
        if (fragment.view_name, fragment.version) == (view.full_name, view.version)
        and fragment.generation > new_jobs.FIRST_GENERATION
    ]
    return any(mine)


def _range(topics: Topics, plan: SourcePlan, source: SourceTopic, start: Start, *, replay: bool) -> Range:
    if start == "now":
        now = now_ms()
        if replay:
            # A history's present is where its slowest partition has come to.
            now = min([now, *topics.last_timestamps(source)])
        delay = planning.append_delay(source)
        t1 = planning.first_day(now, lateness_ms=plan.lateness_ms, append_delay_ms=delay)
        spec: Any = OffsetSpec.for_timestamp(max(0, t1 - plan.skew_ms))
        split = planning.from_day(t1, source, topics.offsets(plan.topic, source.partitions, spec))
        if split is not None:
            return split
    return planning.from_earliest(
        source, planning.covered_since(plan, source, topics.first_timestamps(source), now_ms())
    )


def _record(settings: Settings, job: NewJob, source: SourceTopic, read: Range) -> JobRecord:
    return JobRecord(
        name=job.name,
        domain=job.domain,
        source=job.source,
        views=tuple({view.full_name: view for view in job.views.values()}.values()),
        fragments=tuple(job.views),
        flink_job_id=new_job_id(),
        partitions=source.partitions,
        topic_partitions=settings.partitions,
        start_offsets=read.start_offsets,
        start_ts=read.start_ts,
        covered_since=read.covered_since,
        deployed_at=now_ms(),
        state="starting",
        backfill=read.backfill,
    )
