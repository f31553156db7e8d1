"""Where benchmarks run: a stack that is started when the first of them asks for it, and what several of them need."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import msgspec
import redis
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from benchmarks.events import SCHEMA, Encoder, Keys, Payment, payments
from millpond.control.cluster import FlinkCluster
from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics
from millpond.define.compiler import compile_pool
from millpond.local.progress import Progress
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from millpond.plan.clock import now_ms
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import MillpondError
from millpond.plan.model import Pool

POOL: Final = Path(__file__).parent / "pool"
RUN: Final = Path(".millpond") / "bench"
PARTITIONS: Final = 4
FLUSH_S: Final = 120.0
WITHIN_S: Final = 600.0
POLL_S: Final = 0.05

Say = Callable[[str], None]


class World:
    """One run of benchmarks; nothing of it is left behind.

    Args:
        say: told what is being done.
    """

    def __init__(self, say: Say) -> None:
        self.say = say
        self.cleanup = ExitStack()
        compiled = compile_pool(POOL)
        self.pool = compiled.part(["payments"])
        self.several = compiled.part(["several"])
        self.enriched = compiled.part(["enriched"])
        self.began = now_ms()
        self._materializers = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.cleanup.close()

    # --- parts ---

    @cached_property
    def stack(self) -> Stack:
        """Kafka, registry, Flink and Valkey."""
        self.say("starting Kafka, schema registry, Flink and Valkey")
        return self.cleanup.enter_context(Stack.start(run_dir=RUN, progress=self._progress))

    def _progress(self, progress: Progress) -> None:
        if progress.phase in ("fetching", "building"):
            self.say(f"  {progress.part}: {progress.detail}")

    def settings(self, ns: str) -> Settings:
        """An environment on the stack."""
        found = self.stack.addresses.settings(Workspace.find().flink_python)
        return msgspec.convert({"ns": ns, "partitions": PARTITIONS, "parallelism": 1, **found}, Settings)

    @cached_property
    def topics(self) -> Topics:
        """Of the broker."""
        return Topics(self.stack.addresses.kafka)

    @cached_property
    def cluster(self) -> FlinkCluster:
        """Flink's REST interface."""
        return FlinkCluster(self.stack.addresses.flink)

    @cached_property
    def store(self) -> Any:
        """A client of the stack's store."""
        client = redis.Redis.from_url(self.stack.addresses.store)
        self.cleanup.callback(client.close)
        return client

    # --- the source ---

    def create_source(self, topic: str) -> Encoder:
        """A source topic, empty, that keeps the timestamps it is given; what its events are written with."""
        config = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
        self.topics.create([Topic(name=topic, partitions=PARTITIONS, config=config)])
        with SchemaRegistryClient({"url": self.stack.addresses.registry}) as registry:
            schema_id = registry.register_schema(f"{topic}-value", Schema(SCHEMA.read_text("utf-8"), "AVRO"))
        return Encoder(schema_id)

    def preload(self, topic: str, count: int, keys: Keys) -> None:
        """A source topic with `count` payments in it, the last one made just before the benchmarks began."""
        self.say(f"writing {count:,} payments to {topic}")
        encoder = self.create_source(topic)
        producer = Producer({"bootstrap.servers": self.stack.addresses.kafka, "linger.ms": 50, "acks": "all"})
        for i, payment in enumerate(payments(count, keys=keys, start=self.began - count)):
            send(producer, topic, encoder, payment, partition=i % PARTITIONS)
        if producer.flush(FLUSH_S):
            raise MillpondError("Kafka does not take the events", where=topic, mend="see the broker's log")

    # --- jobs ---

    def deploy(self, ns: str, pool: Pool) -> JobRecord:
        """Start the pool's one job at the first record of its source; its sets are published."""
        (job,) = deploy(self.settings(ns), pool, start="earliest", replay=True).started
        return job

    def cancel(self, job_id: str) -> None:
        """End a job, and wait for the end: the next one needs its processor."""
        self.cluster.end([job_id])

    def cancel_all(self) -> None:
        """End every job: what a benchmark left running would run beside the next one."""
        self.cluster.end(self.cluster.alive())

    @contextmanager
    def materializer(self, ns: str) -> Iterator[None]:
        """One materializer process of an environment."""
        self._materializers += 1
        name = f"materializer-{self._materializers}"
        settings = self.settings(ns)
        options = {"--ns": ns, "--kafka": settings.kafka, "--registry": settings.registry, "--store": settings.store}
        argv = [sys.executable, "-m", "millpond.cli.main", "materialize", *(w for o in options.items() for w in o)]
        self.stack.spawn(name, argv)
        try:
            yield
        finally:
            self.stack.stop(name)

    def until(self, what: str, holds: Callable[[], bool]) -> None:
        """Wait for something to become true; MillpondError where it does not, or where a part of the stack died."""
        deadline = time.monotonic() + WITHIN_S
        while not holds():
            self.stack.check()
            if time.monotonic() > deadline:
                raise MillpondError(f"{what}: not after {WITHIN_S:.0f} s", mend=f"see the logs in {RUN}/logs")
            time.sleep(POLL_S)


def send(producer: Producer, topic: str, encoder: Encoder, payment: Payment, *, partition: int) -> None:
    """One payment, stamped with its own time; waits where the producer's queue is full."""
    value = encoder.encode(payment)
    while True:
        try:
            producer.produce(topic, value, payment.card_id.encode(), partition, timestamp=payment.made_at)
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return


def reading(pool: Pool, topic: str) -> Pool:
    """The same views and sets over another source topic."""
    views = [msgspec.structs.replace(v, source=msgspec.structs.replace(v.source, topic=topic)) for v in pool.views]
    return msgspec.structs.replace(pool, views=tuple(views))
