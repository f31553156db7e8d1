"""The drained chain: each link is asked after the one before, and says where it stands still."""

import time
from collections.abc import Callable
from typing import Any

import pytest

from millpond.control.cluster import FlinkCluster
from millpond.demo.drain import Drain
from millpond.plan.deployment import Fragment, JobRecord
from millpond.plan.errors import MillpondError
from millpond.plan.model import SourcePlan

TILES = "millpond.demo.retail.store.v1.tiles-long.g1"
METRIC = "0.Source__source[1].KafkaSourceReader.topic.retail_line_sold_v1.partition.{}.currentOffset"


def job() -> JobRecord:
    source = SourcePlan(
        name="lines",
        topic="retail.line.sold.v1",
        schema="{}",
        columns=(),
        micros=(),
        event_time="sold_at",
        event_id=None,
        lateness_ms=1,
    )
    fragment = Fragment(domain="retail", view="store", version=1, kind="tiles_long", generation=1)
    return JobRecord(
        name="retail.lines.1",
        domain="retail",
        source=source,
        views=(),
        fragments=(fragment,),
        flink_job_id="j",
        partitions=2,
        topic_partitions=1,
        start_offsets=(0, 10),
        start_ts=0,
        covered_since=0,
        deployed_at=0,
    )


class FakeTopics:
    """Two source partitions of which the second holds nothing new; one tile partition with 7 rows."""

    def __init__(self, *, commits: tuple[int, ...] = (0, 0, 0, 0, 0, 5)) -> None:
        self._commits = list(commits)

    def committed(self, group: str, topic: str) -> dict[int, int]:
        assert (group, topic) == ("millpond.demo.retail.lines.1", "retail.line.sold.v1")
        return {0: self._commits.pop(0) if len(self._commits) > 1 else self._commits[0]}

    def ends(self, topic: str) -> tuple[int, ...]:
        return (5, 10) if topic == "retail.line.sold.v1" else (7,)


class FakeCluster(FlinkCluster):
    """A job that reads a record at every look and completes the second checkpoint look."""

    def __init__(self, *, failure: dict[str, str] | None = None) -> None:
        super().__init__("http://nowhere")
        self.read = -1
        self.looks = 0
        self.failure = failure
        self.asked: list[str] = []

    def get(self, path: str) -> Any:
        self.asked.append(path)
        if path == "/jobs/j":
            return {"vertices": [{"id": "v", "name": "Source: lines -> decode"}, {"id": "w", "name": "Sink"}]}
        if path == "/jobs/j/vertices/v/metrics":
            return [{"id": METRIC.format(0)}, {"id": "0.Source__other.currentOffset"}]
        if path.startswith("/jobs/j/vertices/v/metrics?get="):
            self.read += 1
            return [{"id": METRIC.format(0), "value": str(self.read)}]
        assert path == "/jobs/j/checkpoints/t"
        self.looks += 1
        done = "COMPLETED" if self.looks > 1 else "IN_PROGRESS"
        return {"status": {"id": done}, "operation": {"failure-cause": self.failure} if self.failure else {}}

    def post(self, path: str, body: dict[str, Any]) -> Any:
        self.asked.append(path)
        assert self.read >= 4, "a checkpoint says nothing of records not read yet"
        return {"request-id": "t"}


class FakeStore:
    """Applies two more rows at every look; knows itself up to date at the third."""

    def __init__(self, *, stands_still: bool = False, stays_stale: bool = False) -> None:
        self.applied = 0
        self.looked = 0
        self.stands_still = stands_still
        self.stays_stale = stays_stale

    def hmget(self, key: str, fields: list[str]) -> list[bytes]:
        if key == "demo:freshness":
            assert fields == [f"fragment|{TILES}"]
            self.looked += 1
            stamp = 0 if self.stays_stale or self.looked < 3 else time.time_ns() // 1_000_000
            return [str(stamp).encode()]
        assert (key, fields) == ("demo:applied", [f"{TILES}:0"])
        self.applied += 0 if self.stands_still else 2
        return [str(self.applied).encode()]


def drain(
    cluster: Any,
    store: Any,
    *,
    topics: Any = None,
    within_s: float = 30,
    check: Callable[[], None] = lambda: None,
) -> Drain:
    fake: Any = FakeTopics() if topics is None else topics
    return Drain(job(), topics=fake, cluster=cluster, store=store, ns="demo", within_s=within_s, check=check)


def test_it_waits_for_every_link_and_counts_from_the_start_offsets() -> None:
    cluster, store = FakeCluster(), FakeStore()
    drained = drain(cluster, store).wait()
    assert (drained.records, drained.rows) == (5, 7)
    assert cluster.read == 4
    assert store.applied >= 7
    assert store.looked == 3


def test_what_the_metrics_of_a_dead_attempt_say_is_not_believed_without_a_checkpoint() -> None:
    with pytest.raises(MillpondError, match=r"a checkpoint holds the source to its end: .* partition 0 is at 3 of 5"):
        drain(FakeCluster(), FakeStore(), topics=FakeTopics(commits=(3,)), within_s=0.5).wait()


def test_what_a_restarted_job_has_not_read_again_its_checkpoints_hold() -> None:
    silent: Any = type("Silent", (FakeCluster,), {"source_offsets": lambda *_: {}})()  # its metrics say nothing yet
    silent.read = 100
    assert drain(silent, FakeStore(), topics=FakeTopics(commits=(5,))).wait().records == 5


def test_a_store_that_stands_still_is_named() -> None:
    with pytest.raises(MillpondError, match=r"materializer .* is at 0 of 7"):
        drain(FakeCluster(), FakeStore(stands_still=True), within_s=0.5).wait()


def test_data_without_the_knowledge_that_it_is_fresh_is_not_drained() -> None:
    with pytest.raises(MillpondError, match=rf"fragment\|{TILES} was last up to date at 0"):
        drain(FakeCluster(), FakeStore(stays_stale=True), within_s=0.5).wait()


def test_a_failed_checkpoint_is_told() -> None:
    with pytest.raises(MillpondError, match="a checkpoint failed: disk full"):
        drain(FakeCluster(failure={"stack-trace": "disk full\n\tat x"}), FakeStore()).wait()


def test_waiting_ends_when_a_part_has_died() -> None:
    class Died(Exception):
        pass

    def check() -> None:
        raise Died

    with pytest.raises(Died):
        drain(FakeCluster(), FakeStore(), check=check).wait()
