"""A running pool changes: what is new equals its meaning in plain Python, what was served stays as it was."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
import redis

from millpond.algebra.replay import accepted, replay
from millpond.control.cluster import ENDED, FlinkCluster
from millpond.control.deploy import Deployed, deploy
from millpond.control.records import Records
from millpond.control.retire import Retirement, plan_retirement, retire, retire_set
from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics
from millpond.plan.compiled import load_compiled
from millpond.plan.deployment import JobRecord, Publication
from millpond.plan.errors import DeployError
from millpond.plan.hashes import hashed_view
from millpond.plan.model import Pool, ViewPlan, encode
from millpond.plan.names import dead_letter_topic
from millpond.plan.windows import DAY, HOUR
from millpond.serve import Reader, Vector
from tests.integration.deployed import all_of, materializing
from tests.integration.flink_world import Record, Row, consume, produce, register, wire
from tests.integration.servers import until
from tests.integration.stacks import AnyStack
from tests.integration.test_whole_path import PARTITIONS, records, sales
from tests.unit.define.sample import RIGHT

SCHEMA: Final = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text())
TOPIC: Final = "shop.sale-evolving.v1"  # no other test's jobs read it
CUSTOMERS: Final = [f"c{number}:{{é}}" for number in range(12)]


def ours(name: str) -> ViewPlan:
    """A view of the sample pool, over a topic of this file's own."""
    view = load_compiled(RIGHT).view(name)
    return hashed_view(msgspec.structs.replace(view, source=msgspec.structs.replace(view.source, topic=TOPIC)))


OLD: Final = ours("shop.customer_store")
NEW: Final = ours("shop.customer")


class Crash(BaseException):
    """A deployment that is killed."""


@dataclass(kw_only=True)
class Shop:
    """One view, deployed, with a history in its topic."""

    settings: Settings
    topics: Topics
    cluster: FlinkCluster
    store: Any
    schema_id: int
    now: int
    events: list[Row]

    def deploy(self, *views: ViewPlan, **options: Any) -> Deployed:
        return deploy(self.settings, pool_of(*views), replay=True, **options)

    def jobs(self) -> dict[str, JobRecord]:
        with Records(self.settings) as opened:
            return opened.jobs()

    def running(self) -> list[str]:
        return [job for job, state in self.cluster.jobs().items() if state not in ENDED]

    def served(self, view: ViewPlan) -> Publication:
        with Reader.connect(self.settings.store, ns=self.settings.ns) as reader:
            return reader.open(f"shop.all_of_{view.name}", version=view.version).publication

    def read(self, view: ViewPlan, keys: Sequence[tuple[Any, ...]]) -> list[Vector]:
        with Reader.connect(self.settings.store, ns=self.settings.ns) as reader:
            opened = reader.open(f"shop.all_of_{view.name}", version=view.version)
            names = [column.name for column in view.entity.keys]
            requests = [dict(zip(names, key, strict=True)) for key in keys]
            return opened.read_many(requests, as_of=self.now, timeout_ms=5_000)

    def keys(self, view: ViewPlan, generation: int) -> dict[bytes, bytes]:
        """All that the store holds of one generation of a view."""
        pattern = f"{self.settings.ns}.shop:*:{view.name}.{view.version}.{generation}:*"
        return {key: self.store.dump(key) for key in self.store.scan_iter(match=pattern, count=1000)}

    def equals_its_meaning(self, view: ViewPlan) -> None:
        keys: list[tuple[Any, ...]] = [(name,) for name in CUSTOMERS]
        if view.name == OLD.name:
            keys = [(name, store) for name in CUSTOMERS for store in range(3)]
        until(lambda: all(vector.status != "stale" for vector in self.read(view, keys)), within_s=90)
        since = self.served(view).served(view.full_name, view.version).covered_since
        events = accepted(view, self.events)
        present = 0
        for key, vector in zip(keys, self.read(view, keys), strict=True):
            wanted = replay(view, events, key, self.now)
            for feature, got, state in zip(view.features, vector.computed, vector.statuses, strict=True):
                expected: Any = wanted[feature.name]
                expected = pytest.approx(expected, rel=1e-9) if isinstance(expected, float) else expected
                lo, _ = feature.window.bounds(self.now, feature.level_ms)
                assert (state == "incomplete") == (lo < since), (key, feature.name)
                assert got == expected, (key, feature.name)
                present += state == "present"
        assert present > 0

    def letters(self, job: JobRecord) -> dict[tuple[bytes, bytes], bytes]:
        """Partition and offset of every dead letter -> its reason."""
        found = {}
        for letter in consume(self.settings, dead_letter_topic(self.settings.ns, job.name)):
            headers: dict[str, Any] = dict(letter.headers() or [])
            found[headers["millpond.partition"], headers["millpond.offset"]] = headers["millpond.reason"]
        return found


def pool_of(*views: ViewPlan) -> Pool:
    return Pool(views=views, sets=tuple(map(all_of, views)))


def version(view: ViewPlan, number: int) -> ViewPlan:
    return hashed_view(msgspec.structs.replace(view, version=number))


def job_of(jobs: dict[str, JobRecord], view: ViewPlan, generation: int = 1) -> JobRecord:
    (found,) = [
        job
        for job in jobs.values()
        for fragment in job.fragments[:1]
        if (fragment.view, fragment.version, fragment.generation) == (view.name, view.version, generation)
    ]
    return found


@pytest.fixture(scope="module")
def shop(settings: Settings, stack: AnyStack) -> Iterator[Shop]:
    """`customer_store` runs, read from the first record of a history of twelve days."""
    now = time.time_ns() // 1_000_000
    events = sales(now)
    topics = Topics(settings.kafka)
    topics.create([Topic(name=TOPIC, partitions=PARTITIONS, config={"retention.ms": "-1"})])
    schema_id = register(settings, f"{TOPIC}-value", SCHEMA)
    sent = records(schema_id, SCHEMA, events)
    bad = [Record(value=b"no event", partition=1, arrival=now - age) for age in (10 * DAY, HOUR)]
    produce(settings, TOPIC, sorted([*sent, *bad], key=lambda record: record.arrival))
    in_ms = [{**e, "paid_at": None if e["paid_at"] is None else e["paid_at"] // 1000} for e in events]
    made = Shop(
        settings=settings,
        topics=topics,
        cluster=FlinkCluster(settings.flink),
        store=redis.Redis.from_url(settings.store),
        schema_id=schema_id,
        now=now,
        events=in_ms,
    )
    with materializing(settings, stack):
        made.deploy(OLD, start="earliest")
        made.equals_its_meaning(OLD)
        yield made


def test_a_new_view_is_filled_in_whatever_step_its_deployment_is_killed_at_and_nothing_else_changes(
    shop: Shop,
) -> None:
    before, pointer, running = shop.keys(OLD, 1), shop.served(OLD), shop.running()
    assert before
    crashes = 0
    while _crashes_after(shop, crashes):
        crashes += 1  # one step further each time
    assert crashes >= 4

    job = job_of(shop.jobs(), NEW)
    assert job.backfill is not None
    # 1 h for appends before the last full day's start, all of it from events that may still come
    assert (shop.now - DAY - HOUR) // DAY * DAY == job.start_ts
    assert sum(job.backfill.start_offsets) == 0 < sum(job.start_offsets) < sum(job.backfill.bound_offsets)
    assert (job.state, job.backfill.state) == ("covered", "finished")
    first = min(event["sold_at"] for event in shop.events)
    assert first < job.covered_since < first + DAY
    assert set(shop.running()) == {*running, job.flink_job_id}
    shop.equals_its_meaning(NEW)

    assert shop.keys(OLD, 1) == before
    assert shop.served(OLD) == pointer
    letters = shop.letters(job)
    assert sorted(letters.values()) == [b"bad_magic", b"bad_magic"]  # one read by each of the two


def _crashes_after(shop: Shop, steps: int) -> bool:
    """Deploy, and be killed at the step after so many; False where there were no more."""
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if len(said) > steps:
            raise Crash(line)

    try:
        shop.deploy(OLD, NEW, say=say)
    except Crash:
        return True
    return False


def test_an_event_before_the_start_that_came_too_late_for_the_backfill_is_a_dead_letter(shop: Shop) -> None:
    job = job_of(shop.jobs(), NEW)
    assert job.backfill is not None
    event = {**sales(shop.now)[5], "sale_id": "straggler", "sold_at": job.start_ts - HOUR, "paid_at": None}
    event["customer_id"] = CUSTOMERS[1]
    value = wire(shop.schema_id, SCHEMA, event)
    produce(shop.settings, TOPIC, [Record(value=value, partition=0, arrival=job.start_ts + HOUR)])
    place = (b"0", str(job.backfill.bound_offsets[0]).encode())
    until(lambda: shop.letters(job).get(place) == b"before_start", within_s=90)
    shop.equals_its_meaning(NEW)
    # What read the whole topic counts it, and so does every backfill from now on.
    shop.events.append(event)
    until(lambda: _is_counted(shop, event), within_s=90)
    shop.equals_its_meaning(OLD)


def test_a_deployment_killed_half_way_through_the_backfill_is_gone_on_with(shop: Shop, tmp_path: Path) -> None:
    view = version(NEW, 7)
    script = tmp_path / "deploy.py"
    pool = tmp_path / "pool.json"
    pool.write_bytes(encode(pool_of(OLD, NEW, view)))
    script.write_text(
        "import sys, msgspec\n"
        "from millpond.control.deploy import deploy\n"
        "from millpond.control.settings import Settings\n"
        "from millpond.plan.model import Pool, decode\n"
        f"settings = msgspec.json.decode({msgspec.json.encode(shop.settings)!r}, type=Settings)\n"
        f"pool = decode(open({str(pool)!r}).read(), Pool, where='pool')\n"
        "deploy(settings, pool, replay=True, say=lambda line: print(line, flush=True))\n"
    )
    process = subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("  backfill:"):
            break
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()
    states = [vector.status for vector in shop.read(view, [(name,) for name in CUSTOMERS])]
    assert set(states) <= {"incomplete", "stale"}, states
    half = job_of(shop.jobs(), view)
    assert half.state == "filling"

    done = shop.deploy(OLD, NEW, view)
    assert (done.started, done.filling) == ((), ())
    shop.equals_its_meaning(view)
    assert job_of(shop.jobs(), view).flink_job_id == half.flink_job_id
    assert shop.deploy(OLD, NEW, view).published == ()


def test_a_rebuilt_view_is_read_where_it_was_until_the_new_generation_has_everything(shop: Shop) -> None:
    before = shop.keys(NEW, 1)
    generations: list[int] = []
    said: list[str] = []

    def say(line: str) -> None:
        said.append(line)
        if not line.startswith("set ") and "retire" not in line:
            generations.append(shop.served(NEW).served(NEW.full_name, NEW.version).generation)

    shop.deploy(OLD, NEW, version(NEW, 7), rebuild=["shop.customer.v1"], say=say)
    assert set(generations) == {1}
    assert "`millpond retire shop.customer --version 1 --generation 1`" in said[-1]
    assert shop.served(NEW).served(NEW.full_name, NEW.version).generation == 2
    shop.equals_its_meaning(NEW)
    assert shop.keys(NEW, 1) == before
    assert shop.served(OLD).served(OLD.full_name, OLD.version).generation == 1
    with pytest.raises(DeployError, match=r"no job runs a view 'shop\.nobody'"):
        shop.deploy(OLD, rebuild=["shop.nobody"])


def test_a_lost_job_is_named_with_its_mend_and_goes_on_from_its_checkpoint(shop: Shop) -> None:
    job = job_of(shop.jobs(), OLD)
    until(lambda: shop.cluster.get(f"/jobs/{job.flink_job_id}/checkpoints")["counts"]["completed"] > 0, within_s=90)
    shop.cluster.cancel(job.flink_job_id)
    until(lambda: shop.cluster.jobs()[job.flink_job_id] in ENDED, within_s=90)
    said: list[str] = []
    assert shop.deploy(OLD, say=said.append).lost == (job.name,)
    assert "`millpond deploy --resume`" in "\n".join(said)
    assert "--rebuild shop.customer_store.v2" in "\n".join(said)

    assert shop.deploy(OLD, resume=True, say=said.append).lost == ()
    resumed = job_of(shop.jobs(), OLD)
    assert resumed.flink_job_id != job.flink_job_id
    assert shop.cluster.is_running(resumed.flink_job_id)
    shop.events.append(more := _one_more(shop))
    until(lambda: shop.read(OLD, [(more["customer_id"], more["store_id"])])[0].status != "stale", within_s=90)
    until(lambda: _is_counted(shop, more), within_s=90)
    shop.equals_its_meaning(OLD)


def _one_more(shop: Shop) -> Row:
    """A sale that comes when all else has been read."""
    draw = random.Random(9)
    event = {**sales(shop.now)[5], "sale_id": "one more", "sold_at": shop.now - draw.randrange(HOUR), "paid_at": None}
    event["customer_id"] = CUSTOMERS[0]
    value = wire(shop.schema_id, SCHEMA, event)
    produce(shop.settings, TOPIC, [Record(value=value, partition=2, arrival=shop.now)])
    return event


def _is_counted(shop: Shop, event: Row) -> bool:
    key = (event["customer_id"], event["store_id"])
    wanted = replay(OLD, accepted(OLD, shop.events), key, shop.now)
    return list(shop.read(OLD, [key])[0].computed) == list(wanted.values())


def planned(opened: Records, view: str, number: int, generation: int | None = None) -> Retirement:
    return plan_retirement(opened.ns, opened.jobs(), opened.published(), view, number, generation)


def test_a_view_that_a_set_reads_is_not_retired_and_one_that_none_reads_leaves_nothing(shop: Shop) -> None:
    view = version(NEW, 7)
    ns = shop.settings.ns
    job = job_of(shop.jobs(), view)
    with Records(shop.settings) as opened:
        with pytest.raises(DeployError, match=r"it is read by shop\.all_of_customer\.v7[\s\S]*--set"):
            planned(opened, "shop.customer", 7)
        with pytest.raises(DeployError, match="no job runs it"):
            planned(opened, "shop.customer", 9)
        retire_set(opened, "shop.all_of_customer", 7)
        retire(shop.settings, opened, planned(opened, "shop.customer", 7), lambda _: None)
        # the generation that nobody reads since the view was rebuilt
        retire(shop.settings, opened, planned(opened, "shop.customer", 1, 1), lambda _: None)
        assert opened.retired_generations() == {"shop.customer.v7": 1, "shop.customer.v1": 1}
    assert shop.keys(view, 1) == {} == shop.keys(NEW, 1)
    assert shop.cluster.jobs()[job.flink_job_id] == "CANCELED"
    assert all(shop.topics.ends(fragment.topic(ns)) == () for fragment in job.fragments)
    assert job.name not in shop.jobs()
    assert not any(b".v7." in field for field in shop.store.hkeys(f"{ns}:applied"))
    shop.equals_its_meaning(OLD)
    assert shop.keys(NEW, 2)
