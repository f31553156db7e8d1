"""Waits until a pipeline is drained: every record that was in the source topic is in the store.

Nothing Flink or Kafka reports by itself says so: pendingRecords was 0 with 8,000 of 150,000 events still to come, and
the committed source offset lags by seconds. The chain that holds, each link taken after the one before:

    end of source topic -> read by the job -> checkpoint completed, which holds all of it -> end of tile topics
                        -> applied to the store -> known to be up to date: until then a read rightly says `stale`

That the job has read everything is told twice. Its metrics say it soonest, but after a failure the JobManager still
shows those of the attempt that died, while the next one reads again from the last checkpoint. The offsets the job's
group has committed are those of a completed checkpoint, before which every sink had delivered its rows: they decide.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import redis

from millpond.control.cluster import FlinkCluster
from millpond.control.topics import Topics
from millpond.plan.clock import now_ms
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import MillpondError
from millpond.plan.names import source_group
from millpond.store import applied
from millpond.store.applied import TopicPart
from millpond.store.keys import fragment_freshness_field, freshness_key
from millpond.store.scripts import Client
from millpond.store.shards import WHOLE

POLL_S: Final = 0.1
AGAIN_S: Final = 3.0
WITHIN_S: Final = 900.0


@dataclass(frozen=True, kw_only=True)
class Drained:
    """How far a drained job had come.

    Attributes:
        records: of the source, read by the job since its start.
        rows: in its tile topics.
    """

    records: int
    rows: int


class Drain:
    """The chain of one job.

    Args:
        job: as it was deployed.
        topics: of its broker.
        cluster: where it runs.
        store: a connection to the store its tiles go to.
        ns: the environment.
        check: called while waiting; raises where waiting has no point any more.
        within_s: how long each link of the chain may take.
    """

    def __init__(
        self,
        job: JobRecord,
        *,
        topics: Topics,
        cluster: FlinkCluster,
        store: Client,
        ns: str,
        check: Callable[[], None] = lambda: None,
        within_s: float = WITHIN_S,
    ) -> None:
        self.job = job
        self._topics = topics
        self._cluster = cluster
        self._store = store
        self._ns = ns
        self._check = check
        self._within_s = within_s

    def wait(self) -> Drained:
        """Return when every record now in the source topic is in the store, and known to be.

        Raises:
            MillpondError: a link of the chain stood still for too long; says which.
        """
        began = now_ms()
        drained = self.applied()
        self._until("the store knows that it is up to date", lambda: self._stale_since(began))
        return drained

    def applied(self, *, nothing_dies: bool = False) -> Drained:
        """Return when every record now in the source topic is in the store; reads may still say `stale`.

        Args:
            nothing_dies: no part does meanwhile, so what the metrics say of the source, and a checkpoint after it, are
                enough; of a quiet source the commits come up to 10 s later.

        Raises:
            MillpondError: as `wait`.
        """
        source_end = self.source_end()
        self._until("the job has read its source to the end", lambda: self._behind(self.read_offsets(), source_end))
        self.checkpoint()
        if not nothing_dies:
            self._until("a checkpoint holds the source to its end", lambda: self._behind(self._committed(), source_end))
        ends = self.tile_ends()
        self._until("the materializer has applied the tile topics to the end", lambda: self._behind_tiles(ends))
        records = sum(source_end) - sum(self.job.start_offsets)
        return Drained(records=records, rows=sum(sum(end) for end in ends.values()))

    def wait_out(self, within_s: float) -> Drained:
        """The same where parts may die on the way: a chain that breaks is begun anew.

        Raises:
            MillpondError: it still broke after `within_s` seconds; says how.
        """
        deadline = time.monotonic() + within_s
        while True:
            try:
                return self.wait()
            except (MillpondError, redis.RedisError) as broken:
                if time.monotonic() > deadline:
                    raise MillpondError(str(broken), where=self.job.name, mend="see `millpond doctor`") from broken
                # Looking again and again is what starts a dead part: one look notes it, a later one begins.
                again = time.monotonic() + AGAIN_S
                while time.monotonic() < again:
                    self._check()
                    time.sleep(POLL_S)

    def source_end(self) -> tuple[int, ...]:
        """The source topic's end offsets, in partition order."""
        return self._topics.ends(self.job.source.topic)

    def tile_ends(self) -> dict[str, tuple[int, ...]]:
        """Topic -> end offsets of every tile topic of the job."""
        names = [fragment.topic(self._ns) for fragment in self.job.fragments]
        return {name: self._topics.ends(name) for name in names}

    def applied_rows(self) -> int:
        """How many rows of the tile topics are in the store."""
        return sum(at or 0 for at in applied.of_shard(self._store, self._ns, WHOLE, self._tile_parts()).values())

    def read_offsets(self) -> dict[int, int]:
        """Partition -> the next offset the job reads, of the partitions it has read from.

        A job that was restarted shows only what it has read since: what its checkpoints hold was read before.
        """
        read, committed = self._cluster.source_offsets(self.job.flink_job_id, self.job.source.topic), self._committed()
        return {p: max(read.get(p, 0), committed.get(p, 0)) for p in read.keys() | committed.keys()}

    def _committed(self) -> dict[int, int]:
        return self._topics.committed(source_group(self._ns, self.job.name), self.job.source.topic)

    def checkpoint(self) -> None:
        """Have the job complete a checkpoint, which flushes what it holds back.

        Raises:
            MillpondError: it failed or took too long.
        """
        path = f"/jobs/{self.job.flink_job_id}/checkpoints"
        trigger = self._cluster.post(path, {"checkpointType": "CONFIGURED"})["request-id"]

        def pending() -> str | None:
            answer = self._cluster.get(f"{path}/{trigger}")
            if answer["status"]["id"] != "COMPLETED":
                return "it is in progress"
            failure = answer["operation"].get("failure-cause")
            if failure is None:
                return None
            cause = str(failure.get("stack-trace", failure)).splitlines()[0]
            raise MillpondError(f"a checkpoint failed: {cause}", where=self.job.name, mend="see the JobManager's log")

        self._until("a checkpoint is completed", pending)

    def _behind(self, reached: Mapping[int, int], wanted: Sequence[int]) -> str | None:
        for partition, (end, start) in enumerate(zip(wanted, self.job.start_offsets, strict=True)):
            if end > start and reached.get(partition, start) < end:
                return f"partition {partition} is at {reached.get(partition, start)} of {end}"
        return None

    def _behind_tiles(self, wanted: dict[str, tuple[int, ...]]) -> str | None:
        parts = {TopicPart(topic, p): end for topic, ends in wanted.items() for p, end in enumerate(ends) if end}
        for part, at in applied.of_shard(self._store, self._ns, WHOLE, parts).items():
            if at is None or at < parts[part]:
                return f"{part} is at {at} of {parts[part]}"
        return None

    def _stale_since(self, instant: int) -> str | None:
        fields = [fragment_freshness_field(fragment.topic(self._ns)) for fragment in self.job.fragments]
        for field, stamp in zip(fields, self._store.hmget(freshness_key(self._ns), fields), strict=True):
            if stamp is None or int(stamp) < instant:
                return f"{field} was last up to date at {stamp and int(stamp)}, before {instant}"
        return None

    def _tile_parts(self) -> list[TopicPart]:
        return [
            TopicPart(fragment.topic(self._ns), partition)
            for fragment in self.job.fragments
            for partition in range(self.job.topic_partitions)
        ]

    def _until(self, what: str, behind: Callable[[], str | None]) -> None:
        deadline = time.monotonic() + self._within_s
        while (why := behind()) is not None:
            self._check()
            if time.monotonic() > deadline:
                raise MillpondError(
                    f"{what}: not after {self._within_s:.0f} s, {why}",
                    where=self.job.name,
                    mend="see `millpond status` and the logs of the TaskManager and the materializer",
                )
            time.sleep(POLL_S)
