"""A set in a store of its own, its requests and replies in Kafka, and enricher processes; tiles without Flink."""

import io
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import fastavro
from confluent_kafka import Message, Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from millpond.algebra.evaluate import Event, evaluate
from millpond.control.topics import Topic, Topics
from millpond.define.compiler import compile_pool
from millpond.demo.ledger import read_topic
from millpond.local.addresses import Addresses
from millpond.plan.clock import now_ms
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import Pool, ViewPlan
from millpond.serve.flow import ReadFlow
from millpond.store import documents
from millpond.store.keys import EPOCH_FIELD, KeyEncoder, KeyTemplate, events_key, freshness_key
from millpond.store.parts import parts_of
from millpond.store.publications import Release, publication_change
from tests.integration.servers import OwnStore, until
from tests.integration.tile_world import Process
from tests.unit.define.sample import RIGHT, project
from tests.unit.serve.as_stored import stored

PARTITIONS: Final = 3
SCHEMA: Final = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text("utf-8"))
Headers = Sequence[tuple[str, bytes | None]]

VIEW: Final = """
from features.shop import sources
from millpond import *
from millpond import _

{name} = FeatureView(
    "{name}", version=1, owner="loyalty", entity=sources.{entity}, source=sources.sales, by={by},
    windows=["1h"], features={{"visits": Count(), "spend": Sum(_.amount), "stores": LastK(_.store_id, k=3)}}, {more}
)
"""
SETS: Final = """
from features.shop.customers import customers
from features.shop.stores import stores
from features.shop.plain import plain
from features.shop import sources
from millpond import Derived, FeatureSet, _

def made(name, **given):
    buyer = customers.bind("buyer", customer_id=_.customer_id)
    at = stores.bind("at", customer_id=_.customer_id, store_id=_.store_id)
    FeatureSet(
        name, version=1, owner="loyalty", request=sources.sales,
        features=[*buyer.all(), *at.all(), Derived("share", _.request.amount / _.buyer.spend_1h)], **given
    )

made("includes", own_event="include")
made("excludes", own_event="exclude")
FeatureSet(
    "fields", version=1, owner="loyalty", request={"amount": "decimal(10,2)"},
    features=[*plain.all(), Derived("twice", _.request.amount * 2)],
)
"""


def pool(folder: Path) -> Pool:
    """Two exact views of sales, one in tiles, and sets over them."""
    customer, both = '{"customer_id": _.customer_id}', '{"customer_id": _.customer_id, "store_id": _.store_id}'
    exact = 'precision="exact", cap=1000'
    files = {
        "customers": VIEW.format(name="customers", entity="customer", by=customer, more=exact),
        "stores": VIEW.format(name="stores", entity="customer_store", by=both, more=exact),
        "plain": VIEW.format(name="plain", entity="customer", by=customer, more=""),
        "sets": SETS,
    }
    return compile_pool(project(folder, {f"features/shop/{name}.py": text for name, text in files.items()}))


def sale(number: int, ts: int, *, customer: str | None = "ann", store: int = 1, cents: int = 100) -> dict[str, Any]:
    """An event, as its Avro schema has it."""
    return {
        "sale_id": f"6ba7b810-9dad-11d1-80b4-{number:012x}", "sold_at": datetime.fromtimestamp(ts / 1000, UTC),
        "customer_id": customer, "store_id": store, "article_id": 8, "channel": "WEB",
        "amount": Decimal(cents).scaleb(-2), "fee": Decimal("0.0001"), "weight": 0.5, "rating": 1.5, "tags": [],
        "extra": {}, "address": {"city": "Oslo", "lines": []}, "digest": bytes(16), "raw": b"", "day": 1,
        "either": None,
    }  # fmt: skip


def as_event(one: Mapping[str, Any]) -> Event:
    """A sale as views read it."""
    return {**one, "sold_at": round(one["sold_at"].timestamp() * 1000)}


class World:
    """One set, served from a store of its own; everything else is the session's.

    Attributes:
        requests, replies, dead_letters: topics of the test's own.
    """

    def __init__(self, addresses: Addresses, ns: str, folder: Path, name: str) -> None:
        self.addresses, self.ns, self.folder, self.name = addresses, ns, folder, name
        self.store = OwnStore(folder / "store")
        self.processes: list[Process] = []
        self.pool = pool(folder / "pool")
        (self.plan,) = (one for one in self.pool.sets if one.name == name)
        bound = {binding.view: binding.version for binding in self.plan.bindings}
        self.views = [self.pool.view(*view) for view in bound.items()]
        served = [Served(view=v, generation=1, job="tests", covered_since=0, deployed_at=now_ms()) for v in self.views]
        self.publication = Publication(plan=self.plan, views=tuple(served))
        self.events: list[Event] = []
        self.requests, self.replies = f"{ns}.requests", f"{ns}.replies"
        self.dead_letters = f"millpond.{ns}.enrich.{self.plan.full_name}.v1.dlq"
        self.schema_id = self.register(f"{self.requests}-value", SCHEMA)
        self._producer = Producer({"bootstrap.servers": addresses.kafka, "linger.ms": 1, "enable.idempotence": True})
        Topics(addresses.kafka).create([Topic(name=self.requests, partitions=PARTITIONS)])
        self.publish()

    # --- the store ---

    def publish(self) -> None:
        """Serve the set."""
        release = Release(content=self.publication.content, at_ms=now_ms(), action="publish")
        changes = publication_change(self.ns, self.publication, [], release)
        documents.restore(self.store.client, self.ns, changes, end=1)
        self.stamp()

    def stamp(self, ahead_ms: int = 25_000) -> None:
        """Say that all up to an instant is in the store; within 30 s of the clock, or everything is stale."""
        stamps: dict[Any, int] = {part.stamp: now_ms() + ahead_ms for part in ReadFlow(self.publication, self.ns).parts}
        self.store.client.hset(freshness_key(self.ns), mapping={**stamps, EPOCH_FIELD: 1})

    def put(self, *events: Mapping[str, Any]) -> None:
        """Events reach the tiles of every view."""
        self.events += map(as_event, events)
        for view in self.views:
            for one in map(as_event, events):
                key = tuple(evaluate(tree, one) for tree in view.by)
                if None not in key:
                    self._put(view, key)

    def _put(self, view: ViewPlan, key: tuple[Any, ...]) -> None:
        mine = [event for event in self.events if tuple(evaluate(tree, event) for tree in view.by) == key]
        encoded = KeyEncoder(view.entity).encode(key)
        with self.store.client.pipeline(transaction=True) as pipe:
            for kind in view.kinds:
                for part in parts_of(view, kind):
                    where = KeyTemplate.of(self.ns, view, 1, part.name).key(encoded)
                    for row in stored(view, mine, part):
                        pipe.hset(where, row.field, row.record)
                        if row.events is not None:
                            pipe.hset(events_key(where), row.field, row.events)
            pipe.execute()

    # --- Kafka ---

    def register(self, subject: str, schema: Any) -> int:
        with SchemaRegistryClient({"url": self.addresses.registry}) as client:
            return int(client.register_schema(subject, Schema(json.dumps(schema), "AVRO")))

    def wire(self, one: Mapping[str, Any], schema: Any = SCHEMA, schema_id: int | None = None) -> bytes:
        buffer = io.BytesIO()
        buffer.write(b"\0" + (self.schema_id if schema_id is None else schema_id).to_bytes(4, "big"))
        fastavro.schemaless_writer(buffer, fastavro.parse_schema(schema), dict(one))
        return buffer.getvalue()

    def ask(
        self,
        value: Mapping[str, Any] | bytes | None,
        *,
        key: bytes | None = b"k",
        headers: Headers = (),
        partition: int = 0,
        timestamp: int = 0,
    ) -> None:
        """One request; `flush` says that it is in its topic."""
        encoded = self.wire(value) if isinstance(value, Mapping) else value
        self._producer.produce(
            self.requests, encoded, key, partition, headers=list(headers), timestamp=timestamp or now_ms()
        )
        self._producer.poll(0)

    def flush(self) -> None:
        assert self._producer.flush(30) == 0

    def start(self, *options: str) -> Process:
        """An enricher."""
        at = self.addresses
        settings = {
            "ns": self.ns,
            "kafka": at.kafka,
            "registry": at.registry,
            "flink": at.flink,
            "store": self.store.url,
        }
        topics = ("--requests", self.requests, "--replies", self.replies)
        log = self.folder / f"enricher-{len(self.processes)}.log"
        process = enricher(settings, log, self.plan.full_name, *topics, *options)
        self.processes.append(process)
        return process

    def answered(self, count: int, *, within_s: float = 30) -> list["Reply"]:
        """The replies, once there are so many, in the order of their partitions and offsets."""
        until(lambda: len(self._messages(self.replies)) >= count, within_s=within_s, what=f"fewer than {count} replies")
        return self.all_replies()

    def all_replies(self) -> list["Reply"]:
        return replies_in(self.addresses.kafka, self.addresses.registry, self.replies)

    def buried(self, count: int) -> list[Message]:
        """The dead letters, once there are so many."""
        until(lambda: len(self._messages(self.dead_letters)) >= count, within_s=30, what="fewer dead letters")
        return self._messages(self.dead_letters)

    def _messages(self, topic: str) -> list[Any]:
        return messages_in(self.addresses.kafka, topic)


def messages_in(kafka: str, topic: str) -> list[Any]:
    """All of a topic, in the order of partitions and offsets; nothing where there is no such topic."""
    found = [*read_topic(Topics(kafka), topic)]
    return sorted(found, key=lambda message: (message.partition(), message.offset()))


def replies_in(kafka: str, registry: str, topic: str) -> list["Reply"]:
    """All replies of a topic."""
    with SchemaRegistryClient({"url": registry}) as client:
        read = AvroDeserializer(client)
        context = SerializationContext(topic, MessageField.VALUE)
        return [Reply(message, read(message.value(), context)) for message in messages_in(kafka, topic)]


class Reply:
    """A reply, as whoever asked reads it."""

    def __init__(self, message: Any, record: Any) -> None:
        self.message = message
        self.record: dict[str, Any] = record
        self.values: dict[str, Any] = record["values"]
        self.statuses: dict[str, str] = record["statuses"]
        self.request = (record["partition"], record["offset"])


def enricher(settings: Mapping[str, str], log: Path, *options: str) -> Process:
    """An enricher process of an environment."""
    folder = log.parent / "project"
    folder.mkdir(exist_ok=True)
    (folder / "millpond.toml").write_text("[env.dev]\n", "utf-8")
    environ = {**os.environ, **{f"MILLPOND_{name.upper()}": value for name, value in settings.items()}}
    return Process([sys.executable, "-m", "millpond.cli.main", "enrich", *options], log, environ=environ, folder=folder)


@contextmanager
def world(addresses: Addresses, ns: str, folder: Path, name: str) -> Iterator[World]:
    """A world that leaves nothing behind."""
    made = World(addresses, ns, folder, name)
    try:
        yield made
    finally:
        for process in made.processes:
            process.popen.kill()
            process.popen.wait()
        made.store.kill()


def first_of_each(replies: Iterable[Reply]) -> list[Reply]:
    """Each request's first reply: after a crash some are there twice."""
    found: dict[tuple[int, int], Reply] = {}
    for reply in replies:
        found.setdefault(reply.request, reply)
    return list(found.values())


def wait_ms(ms: float) -> None:
    time.sleep(ms / 1000)
