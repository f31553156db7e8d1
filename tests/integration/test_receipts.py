"""Vectors read while events arrive, each with a receipt: every number comes to the same bits from the topic alone."""

import asyncio
import io
import json
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from threading import Thread
from typing import Any, Final, Self

import fastavro
import msgspec
import pytest

from millpond.control.cluster import FlinkCluster
from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics
from millpond.offline.arrived import Arrivals
from millpond.offline.explain import Explanation, explain
from millpond.plan.compiled import load_compiled
from millpond.plan.windows import HOUR, MINUTE
from millpond.serve import AsyncReader, OpenSet, Reader, Vector
from millpond.serve.receipts import Receipt
from millpond.store import proven, publications
from millpond.store.documents import place_key
from millpond.store.keys import fragment_freshness_field
from millpond.store.nodes import Nodes
from tests.integration.clusters import ClusterStore
from tests.integration.deployed import all_of, materializing
from tests.integration.flink_world import Record, Row, consume, produce, register, wire
from tests.integration.own_topics import over
from tests.integration.servers import until
from tests.integration.stacks import AnyStack
from tests.integration.test_whole_path import CUSTOMERS, PARTITIONS, records, sales
from tests.unit.define.sample import RIGHT

RECEIPTS: Final = {"one": 1_200, "cluster": 300}  # by what the store is
A_READ: Final = 10
BATCH: Final = 6  # live events sent at once, up to ten times a second

pytestmark = pytest.mark.timeout(900)  # the first one deploys, reads and explains


@dataclass(frozen=True, kw_only=True)
class Told:
    """What was sent and read.

    Attributes:
        store: `one` node, or a `cluster` of three.
        topics: of each view, by its name, its source's.
        sent: every sale by its id.
        vectors: read while sales went on arriving.
    """

    store: str
    settings: Settings
    topics: dict[str, str]
    sent: dict[str, Row]
    vectors: list[Vector]

    @property
    def receipts(self) -> list[Receipt]:
        return [vector.receipt for vector in self.vectors if vector.receipt is not None]


class Live:
    """Sales that go on arriving: most of them just now, some late, some twice, through another partition."""

    def __init__(self, settings: Settings, numbers: dict[str, int], schema: dict[str, Any], like: list[Row]) -> None:
        self._settings = settings
        self._numbers = numbers
        self._schema = schema
        self._like = like
        self._draw = random.Random(11)
        self._thread = Thread(target=self._send)
        self.sent: list[Row] = []
        self.is_over = False
        self.failure: Exception | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.is_over = True
        self._thread.join()
        if self.failure is not None:
            raise self.failure

    def _send(self) -> None:
        try:
            while not self.is_over:
                made = [self._sale() for _ in range(BATCH)]
                self.sent += made
                for topic, number in self._numbers.items():
                    produce(self._settings, topic, self._records(number, made))
                time.sleep(0.1)
        except Exception as failure:  # noqa: BLE001  told where it is waited for
            self.failure = failure

    def _sale(self) -> Row:
        draw = self._draw
        late = draw.choice((0, 0, 0, draw.randrange(MINUTE), draw.randrange(5 * HOUR)))
        now = time.time_ns() // 1_000_000
        return {**draw.choice(self._like), "sale_id": f"live {len(self.sent)}-{draw.random()}", "sold_at": now - late}

    def _records(self, number: int, sales: list[Row]) -> list[Record]:
        made = []
        for sale in sales:
            value = wire(number, self._schema, sale)
            for _ in range(self._draw.choice((1, 1, 1, 1, 2))):
                arrival = time.time_ns() // 1_000_000
                made.append(Record(value=value, partition=self._draw.randrange(PARTITIONS), arrival=arrival))
        return made


@pytest.fixture(scope="module", params=[*RECEIPTS])
def told(
    request: pytest.FixtureRequest, settings: Settings, stack: AnyStack, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Told]:
    store: str = request.param
    if store == "one":
        yield from made(store, settings, stack)
        return
    cluster = ClusterStore(tmp_path_factory.mktemp("cluster") / "cluster")
    try:
        yield from made(store, msgspec.structs.replace(settings, ns=f"{settings.ns}_cluster", store=cluster.url), stack)
    finally:
        cluster.client.close()
        cluster.kill()


def made(store: str, settings: Settings, stack: AnyStack) -> Iterator[Told]:
    """A pool that is deployed, and what was read of it."""
    schema = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text())
    compiled = over(load_compiled(RIGHT), lambda topic: f"{settings.ns}.{topic}")
    pool = msgspec.structs.replace(compiled, sets=(*compiled.sets, *map(all_of, compiled.views)))
    history = sales(time.time_ns() // 1_000_000)
    numbers = {}
    for topic in sorted({view.source.topic for view in pool.views}):
        Topics(settings.kafka).create([Topic(name=topic, partitions=PARTITIONS, config={"retention.ms": "-1"})])
        numbers[topic] = register(settings, f"{topic}-value", schema)
        produce(settings, topic, records(numbers[topic], schema, history))
    deployed = deploy(settings, pool, start="earliest", replay=True)
    with materializing(settings, stack):
        sent_by = time.time_ns() // 1_000_000
        fragments = [fragment for job in deployed.started for fragment in job.fragments]
        stamps = [fragment_freshness_field(fragment.topic(settings.ns)) for fragment in fragments]
        nodes = Nodes.connect(settings.store)
        until(lambda: all(proven.stamps(nodes, settings.ns).get(one, 0) >= sent_by for one in stamps), within_s=240)
        nodes.close()
        with Reader.connect(settings.store, ns=settings.ns) as reader, Live(settings, numbers, schema, history) as live:
            opened = [reader.open(plan.full_name, version=plan.version) for plan in pool.sets]
            vectors = read(opened, live, RECEIPTS[store])
        yield Told(
            store=store,
            settings=settings,
            topics={view.full_name: view.source.topic for view in pool.views},
            sent={sale["sale_id"]: sale for sale in (*history, *live.sent)},
            vectors=vectors,
        )
    FlinkCluster(settings.flink).end([job.flink_job_id for job in deployed.started])  # its slots are for the next one


def read(opened: list[OpenSet], live: Live, count: int) -> list[Vector]:
    """Vectors of random sets and customers, at the present and at instants just past."""
    draw, vectors = random.Random(12), list[Vector]()
    while len(vectors) < count:
        one = draw.choice(opened)
        keys = {name for binding in one.publication.plan.bindings for name in binding.request_fields}
        requests = [request(draw, live, keys) for _ in range(A_READ)]
        now = time.time_ns() // 1_000_000
        is_event = one.publication.plan.own_event is not msgspec.UNSET
        as_of = None if is_event else draw.choice((None, None, now - draw.randrange(2 * HOUR)))
        vectors += one.read_many(requests, as_of=as_of, timeout_ms=5_000, receipts=True)
        time.sleep(0.05)
    return vectors


def request(draw: random.Random, live: Live, names: set[str]) -> Row:
    """A sale that was just sent, or one that never was; somebody in it is not known."""
    sale = dict(draw.choice(live.sent[-50:] or live._like))
    if draw.random() < 0.5:
        sale |= {"sale_id": "never", "sold_at": time.time_ns() // 1_000_000}
    sale["customer_id"] = draw.choice([f"c{draw.randrange(CUSTOMERS)}:{{é}}", sale["customer_id"], "nobody"])
    others = {name: draw.choice([f"c{draw.randrange(CUSTOMERS)}:{{é}}", None]) for name in names - sale.keys()}
    return {**sale, **others}


@pytest.fixture(scope="module")
def explained(told: Told) -> list[Explanation]:
    return explained_of(told.settings, told.receipts)


def explained_of(settings: Settings, receipts: list[Receipt]) -> list[Explanation]:
    nodes = Nodes.connect(settings.store)
    client = nodes.client_of(place_key(settings.ns))
    try:
        return explain(
            receipts,
            lambda content: publications.load_content(client, settings.ns, content),
            publications.jobs(client, settings.ns),
            Arrivals(settings.kafka, settings.registry).of,
        )
    finally:
        nodes.close()


def test_every_number_comes_to_the_same_bits(told: Told, explained: list[Explanation]) -> None:
    assert len(explained) == len(told.vectors) >= RECEIPTS[told.store]
    bad = [one for found in explained for one in (*found.features, *found.places) if one.verdict != "same"]
    assert not bad, f"{len(bad)}, of {sum(not one.is_same for one in explained)} receipts, such as {bad[0]}"
    for vector, found in zip(told.vectors, explained, strict=True):
        assert [one.name for one in found.places] == list(vector.names)
        assert [one.status for one in found.places] == list(vector.statuses)
    of = [one for found in explained for one in found.features]
    assert {one.status for one in of} >= {"present", "empty", "no_key"}
    assert sum(one.later > 0 for one in of) > 100, "events of the windows came in after they were read"


def test_the_events_that_are_told_are_those_that_were_sent(told: Told, explained: list[Explanation]) -> None:
    """Counted and added up by hand."""
    looked = 0
    for found in explained:
        for one in found.features:
            _, _, name = one.name.partition(".")
            if one.window is None or one.status == "capped":
                continue
            events = [
                told.sent[str(event.event.event["sale_id"])] for event in one.events if "sale_id" in event.event.event
            ]
            # A head tile that is ahead counts whole, and the value is not to be used.
            if one.status in ("present", "empty"):
                assert all(one.window[0] <= event.event.ts < one.window[1] for event in one.events)
            if name.startswith("visits"):
                assert one.said == len(one.events)
                looked += len(one.events) > 0
            elif re.match(r"spend_(\d|lifetime)", name) and len(events) == len(one.events) and one.said is not None:
                assert Decimal(one.said) == sum(sale["amount"] for sale in events)
                looked += len(events) > 0
            for event, sale in zip(one.events, events, strict=False):
                assert event.event.ts == sale["sold_at"]
    assert looked > 100


def test_the_positions_that_are_told_are_those_of_the_events(told: Told, explained: list[Explanation]) -> None:
    """Each event lies where it is told to lie, and behind what is told to be the last one none was counted."""
    held = {topic: sales_in(told.settings, topic) for topic in set(told.topics.values())}
    looked = 0
    for found in explained:
        topic_of = {part.alias: told.topics[part.view] for part in found.receipt.parts}
        for one in found.features:
            topic = topic_of.get(one.name.partition(".")[0], "")
            for event in (given.event for given in one.events):
                for place in (event.place, *event.copies):
                    sale = held[topic][place.partition, place.offset]
                    assert (sale["sold_at"], event.id or sale["sale_id"]) == (event.ts, sale["sale_id"])
                assert event.place.offset < found.positions[topic][event.place.partition]
                looked += 1
        for topic, ends in found.positions.items():
            assert all((partition, end - 1) in held[topic] for partition, end in ends.items())
    assert looked > 1_000


def sales_in(settings: Settings, topic: str) -> dict[tuple[int | None, int | None], dict[str, Any]]:
    """By partition and offset what a topic holds, decoded without Millpond; texts that are no UUIDs are told, too."""
    schema = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text())
    for field in schema["fields"]:
        if field["name"] in ("sale_id", "sold_at"):
            field["type"] = field["type"]["type"]
    parsed = fastavro.parse_schema(schema)
    found: dict[tuple[int | None, int | None], dict[str, Any]] = {}
    for message in consume(settings, topic):
        sale: Any = fastavro.schemaless_reader(io.BytesIO((message.value() or b"")[5:]), parsed, None)
        found[message.partition(), message.offset()] = sale
    return found


def test_a_receipt_explained_on_the_terminal(told: Told, tmp_path: Path) -> None:
    receipts = [receipt for receipt in told.receipts if receipt.set == "risk.till"][:3]
    file = tmp_path / "receipts.json"
    file.write_bytes(b"\n".join(receipt.encode() for receipt in receipts))
    settings = msgspec.to_builtins(told.settings)
    env = os.environ | {f"MILLPOND_{name.upper()}": str(value) for name, value in settings.items() if value}
    argv = [sys.executable, "-m", "millpond.cli.main", "explain", str(file), "--feature", "over_mean"]

    listed = subprocess.run([*argv, "--json"], env=env, capture_output=True, text=True, check=True)
    document = json.loads(listed.stdout)
    assert document["same"] is True
    assert [one["set"] for one in document["receipts"]] == ["risk.till"] * 3
    assert "buyer.mean_spend_30d" in document["receipts"][0]["events"]
    printed = subprocess.run(argv, env=env, capture_output=True, text=True, check=True)
    assert "same bits" in printed.stdout

    other = msgspec.structs.replace(receipts[0], places=tuple(
        msgspec.structs.replace(place, value=None if place.value is not None else 1) for place in receipts[0].places
    ))  # fmt: skip
    asked = subprocess.run([*argv[:-3], "-"], env=env, input=other.encode(), capture_output=True, check=False)
    assert asked.returncode == 1
    assert b"differs" in asked.stdout


def test_readers_of_either_kind_give_the_same_receipt_and_say_when_there_was_no_answer(told: Told) -> None:
    settings, q = told.settings, told.vectors[-1].as_of
    asked = {"customer_id": "c3:{é}"}

    async def read() -> Vector:
        async with AsyncReader.connect(settings.store, ns=settings.ns) as reader:
            opened = await reader.open("shop.all_of_habits", version=1)
            return await opened.read(asked, as_of=q, timeout_ms=5_000, receipt=True)

    with Reader.connect(settings.store, ns=settings.ns) as reader:
        opened = reader.open("shop.all_of_habits", version=1)
        one, silent = (opened.read(asked, as_of=q, timeout_ms=ms, receipt=True).receipt for ms in (5_000, 0))
    other = asyncio.run(read()).receipt
    assert one is not None and other is not None and silent is not None
    assert [(part.tiles, part.kept, part.windows) for part in one.parts] == [
        (part.tiles, part.kept, part.windows) for part in other.parts
    ]
    assert one.places == other.places
    assert (silent.parts, {place.status for place in silent.places}) == ((), {"unavailable"})
    assert "no whole answer" in silent.reason
    assert all(found.is_same for found in explained_of(settings, [one, other, silent]))
