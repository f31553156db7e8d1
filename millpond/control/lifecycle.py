"""What becomes of a recorded job, one step after another: started, filled, covered.

Each step is recorded before it is taken or can be taken twice, so a deployment that was killed anywhere is gone on with
by the next one: Flink takes a job id once, rows of a backfill that runs again are no more than those of the first run.
"""

import time
from collections.abc import Callable
from typing import Final

import msgspec

from millpond.control.cluster import ENDED, FlinkCluster
from millpond.control.planning import covered_since
from millpond.control.records import Records
from millpond.control.settings import Settings
from millpond.control.status import job_age_ms
from millpond.control.submit import new_job_id, source_schema_id, submit_sql, target_of
from millpond.control.topics import Topics, job_topics
from millpond.plan.clock import now_ms
from millpond.plan.deployment import Backfill, JobRecord
from millpond.plan.errors import DeployError
from millpond.plan.windows import STALE_AFTER
from millpond.sql.flink import render_backfill, render_job
from millpond.sql.job_sql import JobSql
from millpond.store import applied
from millpond.store.applied import TopicPart

Say = Callable[[str], None]

RUNNING_WITHIN: Final = 120.0
POLL_S: Final = 0.2
SAY_EVERY_S: Final = 2.0
REBUILT: Final = 2  # the first generation that is read only once it has everything


def backfilled(cluster: FlinkCluster, job: JobRecord, backfill: Backfill) -> tuple[int, int]:
    """How many source records a running backfill has read since its last restart, and how many it is to read."""
    read = cluster.source_offsets(backfill.flink_job_id, job.source.topic)
    ranges = list(enumerate(zip(backfill.start_offsets, backfill.bound_offsets, strict=True)))
    done = sum(max(0, min(read.get(p, start), bound) - start) for p, (start, bound) in ranges)
    return done, sum(bound - start for _, (start, bound) in ranges)


class Lifecycle:
    """Takes jobs through their steps.

    Args:
        settings: the environment.
        records: of it.
        topics: of its broker.
        cluster: where jobs run.
        say: told each step.
    """

    def __init__(self, settings: Settings, records: Records, topics: Topics, cluster: FlinkCluster, say: Say) -> None:
        self._settings = settings
        self._records = records
        self._topics = topics
        self._cluster = cluster
        self._say = say
        self._tell_at = 0.0

    # --- starting ---

    def start(self, job: JobRecord) -> JobRecord:
        """Have Flink run a job that is recorded as starting.

        Raises:
            DeployError: it does not run; says why. The record stays, and the next deployment tries again.
        """
        self._say(
            f"job {job.name}: {len(job.fragments)} fragments over {job.source.topic} ({job.partitions} partitions)"
        )
        wanted = job_topics(
            self._settings.ns,
            job.name,
            {fragment: job.view_of(fragment) for fragment in job.fragments},
            partitions=job.topic_partitions,
            dead_letter_days=self._settings.dead_letter_days,
        )
        self._say(f"  topics: {len(self._topics.create(wanted))} created")
        if job.flink_job_id not in self._cluster.alive():
            if job.flink_job_id in self._cluster.jobs():
                job = self._records.put(msgspec.structs.replace(job, flink_job_id=new_job_id()))
            self._say("  compiling and submitting to Flink")
            target = target_of(self._settings, schema_id=source_schema_id(self._settings, job.source))
            self._submit(render_job(job, target), job.flink_job_id)
        self._wait_running(job.flink_job_id)
        self._say(f"  running as {job.flink_job_id}")
        complete = job.backfill is None and all(f.generation < REBUILT for f in job.fragments)
        return self._records.put(msgspec.structs.replace(job, state="covered" if complete else "filling"))

    def _submit(self, rendered: JobSql, job_id: str, checkpoint: str = "") -> None:
        try:
            submit_sql(self._settings, rendered, job_id=job_id, checkpoint=checkpoint)
        except DeployError:
            # A submission that outlived its deployment came first: it is the same job.
            if job_id not in self._cluster.alive():
                raise

    def _wait_running(self, job_id: str) -> None:
        deadline = time.monotonic() + RUNNING_WITHIN
        while not self._cluster.is_running(job_id):
            if time.monotonic() > deadline:
                self._cluster.cancel(job_id)
                raise DeployError(
                    f"the job does not run after {RUNNING_WITHIN:.0f} s",
                    where=job_id,
                    mend="see Flink's page and the TaskManager's log: are there task slots left?",
                )
            time.sleep(POLL_S)

    def resume(self, job: JobRecord, checkpoint: str) -> JobRecord:
        """Run a job that Flink lost from one of its checkpoints.

        Raises:
            DeployError: it does not run; says why.
        """
        self._say(f"job {job.name}: going on from {checkpoint}")
        job = self._records.put(msgspec.structs.replace(job, flink_job_id=new_job_id(), resumed_from=checkpoint))
        target = target_of(self._settings, schema_id=source_schema_id(self._settings, job.source))
        self._submit(render_job(job, target), job.flink_job_id, checkpoint)
        self._wait_running(job.flink_job_id)
        self._say(f"  running as {job.flink_job_id}")
        return job

    # --- filling ---

    def fill(self, job: JobRecord) -> JobRecord:
        """See to it that a job's backfill runs, unless it has finished."""
        backfill = job.backfill
        if backfill is None or backfill.state == "finished":
            return job
        state = self._cluster.jobs().get(backfill.flink_job_id)
        if state is not None and state not in ENDED:
            return job if backfill.state == "running" else self._filled(job, backfill, state="running")
        if state == "FINISHED":
            return self._filled(job, backfill, state="finished")
        if state is not None or backfill.state == "running":
            self._say(f"backfill of {job.name}: {state or 'unknown to Flink'}; it is run again")
            backfill = msgspec.structs.replace(backfill, flink_job_id=new_job_id(), state="waiting")
            job = self._records.put(msgspec.structs.replace(job, backfill=backfill))
        records = sum(backfill.bound_offsets) - sum(backfill.start_offsets)
        self._say(f"backfill of {job.name}: submitting, {records:,} records")
        target = target_of(self._settings, schema_id=source_schema_id(self._settings, job.source))
        self._submit(render_backfill(job, backfill, target), backfill.flink_job_id)
        return self._filled(job, backfill, state="running")

    def _filled(self, job: JobRecord, backfill: Backfill, **changes: str) -> JobRecord:
        return self._records.put(msgspec.structs.replace(job, backfill=msgspec.structs.replace(backfill, **changes)))

    # --- covering ---

    def wait_covered(self, job: JobRecord) -> JobRecord:
        """The job, recorded as covered, once all that it was to be filled with is in the store; tells how far it is.

        Raises:
            DeployError: the backfill ended before its bound, or the job does not run any more; says why.
        """
        job = self._wait_finished(job)
        ends = self._tile_ends(job)
        while (left := self._left(ends)) or not self._is_as_fresh(job):
            self._must_run(job)
            self._tell(
                f"{left:,} rows are on their way to the store (a materializer brings them: `millpond status`)"
                if left
                else "the new generation is catching up"
            )
            time.sleep(POLL_S)
        return self._cover(job)

    def _wait_finished(self, job: JobRecord) -> JobRecord:
        backfill = job.backfill
        if backfill is None or backfill.state == "finished":
            return job
        while not self._has_finished(backfill):
            self._tell(self._progress(job, backfill))
            time.sleep(POLL_S)
        return self._filled(job, backfill, state="finished")

    def _cover(self, job: JobRecord) -> JobRecord:
        since = job.covered_since
        if job.backfill is not None:
            # Asked now: what the backfill was to read may have been deleted before it did, and then less is promised.
            source = self._topics.source(job.source)
            read = covered_since(job.source, source, self._topics.first_timestamps(source), now_ms())
            since = min(read, job.start_ts)
        self._say(f"job {job.name}: covered")
        return self._records.put(msgspec.structs.replace(job, state="covered", covered_since=since))

    def _has_finished(self, backfill: Backfill) -> bool:
        state = self._cluster.jobs().get(backfill.flink_job_id)
        if state is None or (state in ENDED and state != "FINISHED"):
            why = "Flink does not know it any more" if state is None else f"it is {state}"
            cause = "" if state is None else f": {self._cluster.why_failed(backfill.flink_job_id)}"
            raise DeployError(
                f"the backfill stopped, {why}{cause}",
                where=backfill.flink_job_id,
                mend="run `millpond deploy` again: the backfill is run again, nothing is doubled",
            )
        return state == "FINISHED"

    def _must_run(self, job: JobRecord) -> None:
        if job.flink_job_id not in self._cluster.alive():
            raise DeployError(
                "it does not run any more",
                where=f"job {job.name}",
                mend="run `millpond deploy` again: it says what mends it",
            )

    def _tile_ends(self, job: JobRecord) -> dict[TopicPart, int]:
        names = [fragment.topic(self._settings.ns) for fragment in job.living]
        return {TopicPart(name, p): end for name in names for p, end in enumerate(self._topics.ends(name)) if end}

    def _left(self, ends: dict[TopicPart, int]) -> int:
        """How many rows before `ends` are not in the store."""
        stored = applied.read(self._records.nodes, self._settings.ns, ends)
        return sum(max(0, end - (stored[part] or 0)) for part, end in ends.items())

    def _is_as_fresh(self, job: JobRecord) -> bool:
        """What is read from an older generation meanwhile is left only for what is as fresh as that should be."""
        if all(fragment.generation < REBUILT for fragment in job.living):
            return True
        age = job_age_ms(self._records.nodes, self._settings.ns, job)
        return age is not None and age <= STALE_AFTER

    def _progress(self, job: JobRecord, backfill: Backfill) -> str:
        done, total = backfilled(self._cluster, job, backfill)
        return f"backfill: {done:,} of {total:,} records read ({100 * done // max(1, total)} %)"

    def _tell(self, line: str) -> None:
        """Say something that changes, now and then."""
        if time.monotonic() >= self._tell_at:
            self._say(f"  {line}")
            self._tell_at = time.monotonic() + SAY_EVERY_S
