"""What is wrong with an environment, and the mend: pure rules over two looks at it, a moment apart.

    before ---- the observation, seconds ---- after

What is wrong at this moment is seen in `after`; what grows, loops or does not move in the difference.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from millpond.control.cluster import ENDED
from millpond.control.facts import Facts, Service
from millpond.control.recovery import mends
from millpond.plan.deployment import Fragment, JobRecord
from millpond.plan.names import dead_letter_topic, journal_topic
from millpond.plan.windows import STALE_AFTER

Level = Literal["wrong", "note"]

CHECKPOINT_MS: Final = 60_000  # twelve intervals
LOOP: Final = 3  # restarts
LOOP_MS: Final = 300_000
SETTLED_MS: Final = 120_000  # after a restart Flink repeats itself for a while, and the guard refuses what it repeats
LAGGING: Final = 100_000  # rows
NEARLY_FULL: Final = 0.9

# Nobody's fault but the event's own; the others say that a producer or a schema is broken.
_OF_THE_EVENT: Final = frozenset({"late", "future", "before_start"})
REASONS: Final = {
    "null_value": "a producer writes records without a value (tombstones?): see its owner",
    "bad_magic": "a producer does not write the Confluent wire format: see its owner",
    "unknown_schema": "a producer names a schema the registry does not have: have it registered",
    "truncated": "a producer writes records that end too early: see its owner",
    "incompatible": "a producer writes a schema that the source cannot read: see `millpond check --env`",
    "undecodable": "a producer writes what its schema does not say, or what the source cannot hold: see the detail",
    "non_finite": "a producer writes NaN or infinite doubles: see its owner",
    "null_event_time": "a producer leaves the event time out: see its owner",
    "null_event_id": "a producer leaves the event id out: see its owner",
    "event_time_out_of_range": "a producer writes event times before 1970 or after 9999: is the unit right?",
    "late": "events arrive later than the source's lateness allows: a larger one is a new version of its views",
    "future": "events are stamped ahead of the broker's clock: see the producers' clocks",
    "before_start": "events older than the job's first tile: they are counted once the view is rebuilt from earliest",
}


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that is wrong, or worth knowing.

    Attributes:
        level: `note`: nothing has to be done now.
        what: in one sentence.
        where: part, topic, job or fragment.
        mend: what to do about it.
    """

    level: Level
    what: str
    where: str
    mend: str


Rule = Callable[[Facts, Facts], Iterator[Finding]]


def diagnose(before: Facts, after: Facts) -> list[Finding]:
    """Everything that is wrong, causes before their consequences."""
    return [finding for rule in RULES for finding in rule(before, after)]


def _wrong(where: str, what: str, mend: str) -> Finding:
    return Finding(level="wrong", where=where, what=what, mend=mend)


def _note(where: str, what: str, mend: str) -> Finding:
    return Finding(level="note", where=where, what=what, mend=mend)


def _seconds(ms: int) -> str:
    return f"{ms / 1000:,.0f} s"


# --- parts and services ---------------------------------------------------------------------------------------------


def parts(_before: Facts, after: Facts) -> Iterator[Finding]:
    """A part of the local stack that does not serve, or dies again and again."""
    for part in after.parts:
        looping = (
            part.restarts >= LOOP and part.last_death_ms is not None and after.now_ms - part.last_death_ms < LOOP_MS
        )
        if looping:
            yield _wrong(
                part.name, f"was started again {part.restarts} times; last: {part.last_death}", f"read {part.log}"
            )
        elif part.why_not:
            mend = f"`millpond up` starts it again within a minute; if it does not come back, read {part.log}"
            yield _wrong(part.name, part.why_not, mend)


_SILENT: Final[dict[Service, str]] = {
    "kafka": "nothing is computed or written meanwhile, nothing is lost: bring the brokers back",
    "registry": "jobs and materializers go on with the schemas they know and wait for others: bring it back",
    "flink": "features become stale: bring the JobManager back, it finds its jobs by itself",
    "store": "reads say unavailable: bring it back, the materializer fills what it lost",
}


def services(_before: Facts, after: Facts) -> Iterator[Finding]:
    """A service whose address does not answer."""
    for service, (address, why) in after.silent.items():
        yield _wrong(f"{service} ({address})", f"does not answer: {why}", f"{_SILENT[service]}; is the address right?")


def memory(_before: Facts, after: Facts) -> Iterator[Finding]:
    """A store that throws keys away would serve counts that are too small, as present."""
    if after.store is None:
        return
    if after.store.policy != "noeviction":
        what = f"maxmemory-policy is {after.store.policy}: it may drop tiles, and no reader would know"
        yield _wrong("store", what, "CONFIG SET maxmemory-policy noeviction, in its configuration too")
    used, most = after.store.memory
    if most and used > NEARLY_FULL * most:
        what = f"uses {used >> 20:,} of {most >> 20:,} MiB; when full, nothing is written and features become stale"
        yield _wrong("store", what, "raise maxmemory, or retire views")


def emptied(before: Facts, after: Facts) -> Iterator[Finding]:
    """A store without its epoch was emptied; while it is filled, reads say so."""
    if after.store is None or not after.records:
        return
    if after.store.epoch is None:
        yield _wrong("store", "is empty of freshness: nothing fills it", "start a materializer: `millpond materialize`")
    elif before.store is not None and before.store.epoch not in (None, after.store.epoch):
        yield _note("store", "was emptied a moment ago and is being filled", "wait until no fragment is stale")


# --- topics and schemas ---------------------------------------------------------------------------------------------


def topics(_before: Facts, after: Facts) -> Iterator[Finding]:
    """Every topic of every recorded job is there, with the settings it needs."""
    if after.kafka is None:
        return
    sources = {job.source.topic for job in after.records.values()}
    for name, topic in after.kafka.topics.items():
        if not topic.ends:
            mend = "rebuild the view it belongs to: see docs/runbook.md"
            if name in sources:
                mend = "its owner creates it"
            elif name == journal_topic(after.ns):
                mend = "the records are in the store alone: see *Job records lost* in docs/runbook.md"
            yield _wrong(f"topic {name}", "does not exist", mend)
        for setting, (found, wanted) in topic.wrong.items():
            yield _wrong(f"topic {name}", f"has {setting}={found}, but needs {wanted}", f"set {setting}={wanted} on it")


def schemas(_before: Facts, after: Facts) -> Iterator[Finding]:
    """The registry knows every source's own schema; without it a job asks again instead of refusing events."""
    for topic in sorted(after.unknown):
        mend = "register it again, under its old id if the registry lost it; events wait meanwhile, none is refused"
        yield _wrong(f"schema of {topic}", f"the registry has no subject {topic}-value", mend)


# --- jobs -----------------------------------------------------------------------------------------------------------


def slots(_before: Facts, after: Facts) -> Iterator[Finding]:
    """There are TaskManagers, and a slot for the next job."""
    if after.flink is None:
        return
    if not after.flink.task_managers:
        yield _wrong("flink", "has no TaskManager", "start one; jobs go on from their last checkpoint by themselves")
    elif not after.flink.slots_free:
        what = f"none of {after.flink.slots} slots is free: the next deployment will not start"
        yield _note("flink", what, "add a TaskManager or slots before it")


def jobs(before: Facts, after: Facts) -> Iterator[Finding]:
    """Every recorded job runs, and keeps running."""
    if after.flink is None:
        return
    for record in after.records.values():
        job = after.flink.jobs.get(record.flink_job_id)
        if record.state == "starting":
            yield _wrong(f"job {record.name}", "its deployment was interrupted", "`millpond deploy` goes on with it")
            continue
        if job is None:
            what = f"is recorded as {record.flink_job_id}, which Flink does not know"
            yield _wrong(f"job {record.name}", what, mends(record, after.records))
            continue
        why = f": {job.why}" if job.why else ""
        if job.state in ENDED:
            yield _wrong(f"job {record.name}", f"is {job.state}{why}", mends(record, after.records))
        elif job.state != "RUNNING":
            by_itself = "Flink tries again by itself; mend the cause it names"
            yield _wrong(f"job {record.name}", f"is {job.state}{why}", by_itself)
        elif _restarted(before, after, record):
            what = f"was restarted a moment ago, {job.restarts} times so far{why}"
            yield _wrong(
                f"job {record.name}", what, "it goes on from its last checkpoint; mend the cause if it repeats"
            )


def backfills(_before: Facts, after: Facts) -> Iterator[Finding]:
    """A backfill runs until it has finished; what it has not written yet is `incomplete`, and never wrong."""
    if after.flink is None:
        return
    for record in after.records.values():
        if record.backfill is None or record.state == "covered":
            continue
        job = after.flink.jobs.get(record.backfill.flink_job_id)
        state = "unknown to Flink" if job is None else job.state
        where = f"backfill of {record.name}"
        if job is not None and (job.state not in ENDED or job.state == "FINISHED"):
            what = f"is {state}: reads that reach before the job's start say incomplete"
            yield _note(where, what, "`millpond deploy` waits for it, and serves what it wrote")
        else:
            why = f": {job.why}" if job is not None and job.why else ""
            yield _wrong(where, f"is {state}{why}", "`millpond deploy` goes on with it")


def _restarted(before: Facts, after: Facts, record: JobRecord) -> bool:
    if before.flink is None or after.flink is None:
        return False
    earlier, later = (facts.flink.jobs.get(record.flink_job_id) for facts in (before, after) if facts.flink)
    if earlier is None or later is None or earlier.running_since_ms is None or later.running_since_ms is None:
        return False
    return later.running_since_ms > earlier.running_since_ms


def unrecorded(_before: Facts, after: Facts) -> Iterator[Finding]:
    """No job runs that nobody recorded: a second one of a name would write the same topics."""
    if after.flink is None or after.store is None:
        return
    recorded = {job_id for job in after.records.values() for job_id in job.flink_job_ids}
    for job_id, job in after.flink.jobs.items():
        if job.state in ENDED or job_id in recorded:
            continue
        where = f"job {job.name} ({job_id})"
        if job.name in after.records:
            what = f"runs beside the one recorded, {after.records[job.name].flink_job_id}"
            yield _wrong(where, what, "cancel it on Flink's page")
        else:
            what = f"is not recorded in {after.ns!r}: another environment's, or left by an interrupted deployment"
            yield _note(where, what, "if it is nobody's, cancel it on Flink's page")


def checkpoints(_before: Facts, after: Facts) -> Iterator[Finding]:
    """A running job completes checkpoints; without them a restart repeats ever more work, and features become stale."""
    if after.flink is None:
        return
    for record in after.records.values():
        job = after.flink.jobs.get(record.flink_job_id)
        if job is None or job.state != "RUNNING" or job.running_since_ms is None:
            continue
        age = after.now_ms - max(job.checkpoint_ms or 0, job.running_since_ms)
        if age > CHECKPOINT_MS:
            failed = f"; {job.failed_since} failed since, last: {job.checkpoint_failure}" if job.failed_since else ""
            mend = "is the disk of execution.checkpointing.dir full? else see the TaskManager's log"
            yield _wrong(f"job {record.name}", f"completed no checkpoint for {_seconds(age)}{failed}", mend)


# --- from the topics to the store -----------------------------------------------------------------------------------


def materializers(_before: Facts, after: Facts) -> Iterator[Finding]:
    """Somebody writes tiles to the store."""
    if after.kafka is not None and after.records and not after.kafka.materializers:
        mend = "start one: `millpond materialize`; any number share the work"
        yield _wrong("materializer", "the group has no member: no tile reaches the store", mend)


def applied(before: Facts, after: Facts) -> Iterator[Finding]:
    """What is in the tile topics comes into the store."""
    if after.kafka is None or after.store is None or before.store is None or not after.kafka.materializers:
        return
    for _record, fragment in _fragments(after):
        name = fragment.topic(after.ns)
        behind = moved = 0
        for partition, end in enumerate(after.kafka.topics[name].ends if name in after.kafka.topics else ()):
            field = f"{name}:{partition}"
            at = after.store.applied.get(field, 0)
            behind += max(0, end - at)
            moved += at - before.store.applied.get(field, 0)
        if behind and not moved:
            mend = "see the materializer's log: what does it wait for?"
            yield _wrong(
                f"fragment {fragment.label}", f"{behind:,} rows are not in the store, and none was written", mend
            )
        elif behind > LAGGING:
            yield _note(f"fragment {fragment.label}", f"{behind:,} rows are not in the store yet", "it is catching up")


def lost_state(before: Facts, after: Facts) -> Iterator[Finding]:
    """A job that computes tiles from later events only has lost what it knew of the earlier ones."""
    if after.store is None or before.store is None or after.flink is None:
        return
    for record, fragment in _fragments(after):
        field = f"greater_first|{fragment.topic(after.ns)}"
        grew = after.store.counters.get(field, 0) - before.store.counters.get(field, 0)
        job = after.flink.jobs.get(record.flink_job_id)
        if grew <= 0 or job is None or job.running_since_ms is None:
            continue
        if after.now_ms - job.running_since_ms >= SETTLED_MS:
            what = f"{grew:,} tiles were refused because they begin later than what is stored: Flink lost state"
            mend = f"`millpond deploy --rebuild {fragment.view_version}`"
            yield _wrong(f"fragment {fragment.label}", what, mend)


def fresh(before: Facts, after: Facts) -> Iterator[Finding]:
    """Every fragment is seen up to date; a stale one usually follows from something above."""
    if after.store is None:
        return
    cause = any(finding.level == "wrong" for rule in CAUSES for finding in rule(before, after))
    mend = "it follows from the above" if cause else "see the lag in `millpond status`: does the job keep up?"
    for fragment, age in after.store.ages_ms.items():
        if age is None:
            yield _wrong(f"fragment {fragment}", "was never seen up to date", mend)
        elif age > STALE_AFTER:
            yield _wrong(f"fragment {fragment}", f"was last seen up to date {_seconds(age)} ago", mend)


# --- what is refused, and what is served ----------------------------------------------------------------------------


def letters(_before: Facts, after: Facts) -> Iterator[Finding]:
    """Dead letters that come at this moment, by reason."""
    if after.kafka is None:
        return
    for job, reasons in after.kafka.letters.items():
        for reason, count in reasons.items():
            say = _note if reason in _OF_THE_EVENT else _wrong
            where = f"topic {dead_letter_topic(after.ns, job)}"
            yield say(where, f"{count:,} events were refused as {reason} a moment ago", REASONS[reason])


def published(_before: Facts, after: Facts) -> Iterator[Finding]:
    """What is served can be opened."""
    if after.store is not None:
        for name, why in after.store.damaged.items():
            yield _wrong(f"set {name}", why, "`millpond deploy` publishes it again")


def nothing(_before: Facts, after: Facts) -> Iterator[Finding]:
    """An environment that records no job is empty, or has lost its records."""
    if after.store is None or after.records or after.flink is None:
        return
    if any(job.state not in ENDED for job in after.flink.jobs.values()):
        mend = "a materializer restores the records of an emptied store: start one; with none to restore, deploy anew"
        yield _wrong("store", "records no job, but jobs run", mend)
    else:
        yield _note("store", "records no job: nothing is deployed", "`millpond deploy`")


def _fragments(facts: Facts) -> Iterator[tuple[JobRecord, Fragment]]:
    for record in facts.records.values():
        for fragment in record.living:
            yield record, fragment


CAUSES: Final[tuple[Rule, ...]] = (
    parts, services, memory, emptied, topics, schemas, slots, jobs, backfills, checkpoints, materializers, applied,
)  # fmt: skip
RULES: Final[tuple[Rule, ...]] = (*CAUSES, fresh, lost_state, unrecorded, letters, published, nothing)
