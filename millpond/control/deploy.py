"""Deploy: a job for every fragment that does not run yet, then the sets; a running job is never altered."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from confluent_kafka.admin import OffsetSpec

from millpond.control.cluster import FlinkCluster
from millpond.control.records import Records
from millpond.control.settings import Settings
from millpond.control.submit import source_schema_id, submit
from millpond.control.topics import SourceTopic, Topics, job_topics
from millpond.plan.deployment import Fragment, JobRecord, Publication, Served, Start, fragments_of, job_name
from millpond.plan.errors import DeployError
from millpond.plan.model import Pool, SetPlan, SourcePlan, ViewPlan
from millpond.plan.windows import DAY, HOUR

Say = Callable[[str], None]

FIRST_GENERATION: Final = 1
APPEND_DELAY: Final = HOUR  # how long a producer may take between stamping a record (CreateTime) and its append
RUNNING_WITHIN: Final = 120.0


def _nothing(_line: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, kw_only=True)
class Deployed:
    """What a deployment did.

    Attributes:
        started: jobs that were started.
        kept: names of jobs that ran already.
        published: `<domain>.<set>.v<N>` whose pointer moved.
    """

    started: tuple[JobRecord, ...]
    kept: tuple[str, ...]
    published: tuple[str, ...]


def deploy(
    settings: Settings,
    pool: Pool,
    *,
    start: Start = "now",
    replay: bool = False,
    say: Say = _nothing,
) -> Deployed:
    """Bring a compiled pool into an environment.

    Args:
        settings: the environment.
        pool: compiled plans; no contributor's Python is run.
        start: `earliest` reads each source from its first record (a new topic, a replayed history); `now` reads what
            is needed for all tiles from T1 on, and reads say `incomplete` for windows that reach back before it.
        replay: the source is a history written with its own timestamps (CreateTime, stamps of any age); without it
            the topic must keep arrivals honest.
        say: told each step.

    Raises:
        DeployError: refused before anything was changed, or a job did not start; says which.
    """
    records = Records(settings)
    topics = Topics(settings.kafka)
    running = records.jobs()
    _meaning_is_kept(pool, running)
    plans = _new_jobs(pool, running)
    sources = {job.source.name: topics.source(job.source) for job in plans}
    for job in plans:
        _arrivals_are_honest(job.source, sources[job.source.name], replay=replay)
    for plan in pool.sets:
        _set_meaning_is_kept(records, plan)
    started = [
        records.put(_start(settings, topics, job, sources[job.source.name], start=start, say=say)) for job in plans
    ]
    running = records.jobs()
    moved = [plan for plan in pool.sets if _publish(records, pool, plan, running, say)]
    return Deployed(
        started=tuple(started),
        kept=tuple(sorted(set(running) - {job.name for job in started})),
        published=tuple(f"{plan.full_name}.v{plan.version}" for plan in moved),
    )


# --- what must hold first -------------------------------------------------------------------------------------------


def _meaning_is_kept(pool: Pool, running: dict[str, JobRecord]) -> None:
    """A version that runs may not change its meaning: its numbers would change under the models that pin it."""
    live = {(view.full_name, view.version): view for job in running.values() for view in job.views}
    for view in pool.views:
        other = live.get((view.full_name, view.version))
        if other is not None and other.meaning != view.meaning:
            raise DeployError(
                f"its meaning differs from what runs as version {view.version}",
                where=f"view {view.full_name}",
                mend=f"set version={view.version + 1} in its definition and run `millpond compile`, or undo the change",
            )


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


# --- jobs -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _NewJob:
    name: str
    domain: str
    source: SourcePlan
    views: dict[Fragment, ViewPlan]


def _new_jobs(pool: Pool, running: dict[str, JobRecord]) -> list[_NewJob]:
    """One job a domain and source, of the fragments that no job runs yet."""
    have = {(f.domain, f.view, f.version, f.kind) for job in running.values() for f in job.fragments}
    wanted: dict[tuple[str, str], dict[Fragment, ViewPlan]] = {}
    for view in pool.views:
        for fragment in fragments_of(view, FIRST_GENERATION):
            if (fragment.domain, fragment.view, fragment.version, fragment.kind) not in have:
                wanted.setdefault((view.domain, view.source.name), {})[fragment] = view
    jobs = []
    for (domain, source), views in wanted.items():
        plans = {view.source for view in views.values()}
        if len(plans) > 1:
            raise DeployError(
                "its views were compiled from different definitions of it",
                where=f"source {source!r} in domain {domain!r}",
                mend="run `millpond compile` and deploy the whole domain",
            )
        jobs.append(_NewJob(name=job_name(domain, source, views), domain=domain, source=plans.pop(), views=views))
    return jobs


def _start(
    settings: Settings, topics: Topics, job: _NewJob, source: SourceTopic, *, start: Start, say: Say
) -> JobRecord:
    say(f"job {job.name}: {len(job.views)} fragments over {source.name} ({source.partitions} partitions)")
    start_ts, offsets, covered = _range(topics, job.source, source, start)
    created = topics.create(
        job_topics(
            settings.ns,
            job.name,
            job.views,
            partitions=settings.partitions,
            dead_letter_days=settings.dead_letter_days,
        )
    )
    say(f"  topics: {len(created)} created")
    record = JobRecord(
        name=job.name,
        domain=job.domain,
        source=job.source,
        views=tuple({view.full_name: view for view in job.views.values()}.values()),
        fragments=tuple(job.views),
        flink_job_id="",
        partitions=source.partitions,
        topic_partitions=settings.partitions,
        start_offsets=offsets,
        start_ts=start_ts,
        covered_since=covered,
        deployed_at=_now(),
    )
    say("  compiling and submitting to Flink")
    job_id = submit(settings, record, schema_id=source_schema_id(settings, job.source))
    cluster = FlinkCluster(settings.flink)
    try:
        _wait_running(cluster, job_id)
    except DeployError:
        cluster.cancel(job_id)
        raise
    say(f"  running as {job_id}")
    return msgspec.structs.replace(record, flink_job_id=job_id)


def _range(topics: Topics, plan: SourcePlan, source: SourceTopic, start: Start) -> tuple[int, tuple[int, ...], int]:
    """From which event time on, from which offsets, and since when every event is covered."""
    if start == "earliest":
        if plan.full_history and not any(source.low):
            return 0, source.low, 0
        return 0, source.low, _covered_since_first_record(topics, plan, source)
    delay = 0 if source.log_append_time else APPEND_DELAY
    t1 = (_now() - plan.lateness_ms - delay) // DAY * DAY
    spec: Any = OffsetSpec.for_timestamp(t1 - plan.skew_ms)
    found = topics.offsets(plan.topic, source.partitions, spec)
    offsets = tuple(high if at < 0 else at for at, high in zip(found, source.high, strict=True))
    return t1, offsets, t1


def _covered_since_first_record(topics: Topics, plan: SourcePlan, source: SourceTopic) -> int:
    """Every event with ts >= T has arrival >= T - skew, so from (first arrival kept) + skew on nothing is missing."""
    return max(topics.first_timestamps(source), default=_now()) + plan.skew_ms


def _wait_running(cluster: FlinkCluster, job_id: str) -> None:
    deadline = time.monotonic() + RUNNING_WITHIN
    while not cluster.is_running(job_id):
        if time.monotonic() > deadline:
            raise DeployError(
                f"the job does not run after {RUNNING_WITHIN:.0f} s",
                where=job_id,
                mend="see Flink's page and the TaskManager's log: are there task slots left?",
            )
        time.sleep(0.2)


def _now() -> int:
    return time.time_ns() // 1_000_000


# --- sets -----------------------------------------------------------------------------------------------------------


def _publish(records: Records, pool: Pool, plan: SetPlan, running: dict[str, JobRecord], say: Say) -> bool:
    served = tuple(_served(view, running) for view in {b.view: pool.view(b.view) for b in plan.bindings}.values())
    publication = Publication(plan=plan, views=served)
    moved = records.publish(publication, now_ms=_now())
    say(f"set {plan.full_name} v{plan.version}: {'published' if moved else 'unchanged'} ({publication.content[:12]})")
    return moved


def _served(view: ViewPlan, running: dict[str, JobRecord]) -> Served:
    wanted = {(view.full_name, view.version, kind) for kind in view.kinds}
    jobs = [
        (job, fragment)
        for job in running.values()
        for fragment in job.fragments
        if (f"{fragment.domain}.{fragment.view}", fragment.version, fragment.kind) in wanted
    ]
    names = {job.name for job, _ in jobs}
    generations = {fragment.generation for _, fragment in jobs}
    if len(jobs) != len(wanted) or len(names) != 1 or len(generations) != 1:
        raise DeployError(
            f"its fragments run in {len(names)} jobs and {len(generations)} generations; one of each is served",
            where=f"view {view.full_name} version {view.version}",
            mend="deploy the whole view",
        )
    job = jobs[0][0]
    return Served(
        view=view,
        generation=generations.pop(),
        job=job.name,
        covered_since=job.covered_since,
    )


def roll_back(records: Records, full_name: str, version: int) -> Publication:
    """Serve what was served before the present publication; returns it.

    Raises:
        DeployError: the set version was never published, or there is nothing before the present.
    """
    publication = records.earlier(full_name, version)
    records.publish(publication, now_ms=_now(), action="roll back")
    return publication


def _set_meaning_is_kept(records: Records, plan: SetPlan) -> None:
    """A published set version may be published anew, but never with another meaning."""
    earlier = records.publication(plan.full_name, plan.version)
    if earlier is not None and earlier.plan.meaning != plan.meaning:
        raise DeployError(
            f"its meaning differs from what is published as version {plan.version}",
            where=f"set {plan.full_name}",
            mend=f"set version={plan.version + 1} in its definition and run `millpond compile`, or undo the change",
        )
