"""A job of tests/unit/sql/jobs on the real stack: its records, what it should make of them, and what it made."""

import io
import json
import os
import random
import subprocess
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import fastavro
import msgspec
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics, job_topics
from millpond.plan.deployment import Fragment, JobRecord
from millpond.plan.model import ViewPlan
from millpond.plan.partials import Partial
from millpond.plan.paths import parse
from millpond.plan.windows import DAY
from millpond.sql.job_sql import JobSql
from tests.oracles.expressions import evaluate

ROOT: Final = Path(__file__).parents[2]
Key = tuple[Any, ...]
Row = dict[str, Any]
Tiles = dict[Key, Row]


# --- records --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Record:
    """A Kafka record."""

    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int = 0
    arrival: int = 0


def wire(schema_id: int, schema: Mapping[str, Any], event: Mapping[str, Any]) -> bytes:
    """An event in the Confluent wire format."""
    buffer = io.BytesIO()
    buffer.write(b"\0" + schema_id.to_bytes(4, "big"))
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(dict(schema)), dict(event))
    return buffer.getvalue()


def register(settings: Settings, subject: str, schema: Mapping[str, Any]) -> int:
    """A schema's id."""
    with SchemaRegistryClient({"url": settings.registry}) as client:
        return int(client.register_schema(subject, Schema(json.dumps(schema), "AVRO")))


def produce(settings: Settings, topic: str, records: Iterable[Record]) -> list[tuple[Record, int]]:
    """Send records in order; returns each with its offset."""
    sent: list[tuple[Record, int]] = []
    failed: list[str] = []
    producer = Producer({"bootstrap.servers": settings.kafka, "linger.ms": 5})

    def report(record: Record) -> Any:
        def done(error: Any, message: Message) -> None:
            if error is not None:
                failed.append(str(error))
            else:
                offset = message.offset()
                assert offset is not None
                sent.append((record, offset))

        return done

    for record in records:
        producer.produce(
            topic,
            value=record.value,
            key=record.key,
            headers=list(record.headers),
            partition=record.partition,
            timestamp=record.arrival,
            on_delivery=report(record),
        )
        producer.poll(0)
    assert producer.flush(30) == 0
    assert not failed
    return sent


def consume(settings: Settings, topic: str) -> list[Message]:
    """Everything in a topic."""
    client = Consumer({"bootstrap.servers": settings.kafka, "group.id": "tests", "enable.auto.commit": False})
    try:
        partitions = client.list_topics(topic, timeout=10).topics[topic].partitions
        parts = [TopicPartition(topic, p, 0) for p in partitions]
        left = {p: client.get_watermark_offsets(TopicPartition(topic, p), timeout=10)[1] for p in partitions}
        client.assign(parts)
        found: list[Message] = []
        deadline = time.monotonic() + 30
        while any(left.values()):
            assert time.monotonic() < deadline, f"{topic} cannot be read to its end: {left}"
            for message in client.consume(10_000, 0.2):
                assert message.error() is None
                partition, offset = message.partition(), message.offset()
                assert partition is not None
                assert offset is not None
                found.append(message)
                if offset + 1 >= left[partition]:
                    left[partition] = 0
        return found
    finally:
        client.close()


# --- what a job should make of events -------------------------------------------------------------------------------


def tiles(view: ViewPlan, fragment: Fragment, events: Sequence[Row]) -> Tiles:
    """The rows of a fragment, computed event by event in exact arithmetic.

    Args:
        events: accepted, each once; timestamps in ms.
    """
    gathered: dict[Key, list[Row]] = {}
    for event in events:
        key = tuple(evaluate(expr, event) for expr in view.by)
        if None not in key:
            for size in view.sizes(fragment.kind):
                tile = event[view.source.event_time] // size
                gathered.setdefault((*key, size, tile), []).append(event)
    return {key: _row(view, found) for key, found in gathered.items()}


def _row(view: ViewPlan, events: Sequence[Row]) -> Row:
    times = [event[view.source.event_time] for event in events]
    row: Row = {"n": len(events), "first_ts": min(times), "last_ts": max(times)}
    return row | {partial.name: _partial(partial, events) for partial in view.partials}


def _partial(partial: Partial, events: Sequence[Row]) -> Any:
    kept = [e for e in events if partial.where is None or evaluate(partial.where, e) is True]
    values = [1 if partial.value is None else evaluate(partial.value, e) for e in kept]
    present = [value for value in values if value is not None]
    match partial.function:
        case "count":
            return len(present)
        case "sum":
            return sum(present, 0.0 if partial.type.kind == "double" else Decimal(0))
        case "min":
            return min(present, default=None)
        case "max":
            return max(present, default=None)
        case "least" | "greatest" | "firsts" | "lasts" | "tally":
            raise NotImplementedError("its tiles are checked by what is read: see test_whole_path")


# --- the job --------------------------------------------------------------------------------------------------------


@dataclass(kw_only=True)
class World:
    """A job's topics, and what stands in them."""

    settings: Settings
    job: JobRecord
    _schemas: dict[int, Any] = field(default_factory=dict)

    def create_topics(self) -> None:
        """The source and all that the job writes."""
        views = {fragment: self.job.view_of(fragment) for fragment in self.job.fragments}
        made = job_topics(self.settings.ns, self.job.name, views, partitions=2, dead_letter_days=1)
        source = Topic(name=self.job.source.topic, partitions=self.job.partitions, config={"retention.ms": "-1"})
        Topics(self.settings.kafka).create([source, *made])

    def tiles(self, fragment: Fragment) -> Tiles:
        """The newest row of each key."""
        found: Tiles = {}
        for message in consume(self.settings, fragment.topic(self.settings.ns)):
            key, value = self._read(message.key()), self._read(message.value())
            assert value is not None, "a tombstone"
            assert key is not None
            found[tuple(key.values())] = value
        return found

    def _read(self, data: Any) -> Row | None:
        if data is None:
            return None
        schema_id = int.from_bytes(data[1:5], "big")
        if schema_id not in self._schemas:
            with SchemaRegistryClient({"url": self.settings.registry}) as client:
                text = client.get_schema(schema_id).schema_str
            assert text is not None
            self._schemas[schema_id] = fastavro.parse_schema(json.loads(text))
        row = fastavro.schemaless_reader(io.BytesIO(data[5:]), self._schemas[schema_id], None)
        assert isinstance(row, dict)
        return row


def run_submit(settings: Settings, rendered: JobSql, folder: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """jobs/submit.py as a deployment runs it."""
    spec = folder / "job.json"
    spec.write_bytes(msgspec.json.encode(rendered))
    return subprocess.run(
        [settings.flink_python, str(ROOT / "jobs" / "submit.py"), str(spec), "--rest", settings.flink, *options],
        env={
            **os.environ,
            "FLINK_HOME": settings.flink_home,
            "FLINK_LOG_DIR": str(folder),
            "JAVA_HOME": settings.java_home,
        },
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def payments(count: int, *, since: int, seed: int) -> list[Row]:
    """Random events of tests/unit/sql/jobs, in the order of their times (micros), over three days."""
    draw = random.Random(seed)
    times = sorted(since * 1000 + draw.randrange(3 * DAY * 1000) for _ in range(count))
    return [
        {
            "id": f"e{number}",
            "made_at": made_at,
            "value": None if number % 17 == 0 else f"account {draw.randrange(25)} é\0",
            "shop": None if number % 13 == 0 else draw.choice((-1, 0, 7, 2**40)),
            "amount": Decimal(draw.randrange(-500, 5_000)).scaleb(-2),
            "pieces": draw.randrange(-3, 100),
            "distance": None if number % 5 == 0 else draw.uniform(-1e6, 1e6),
            "status": draw.choice(("OK", "OK", "FAILED")),
            "seen_at": None if number % 3 == 0 else made_at - draw.randrange(10**12),
            "first": number % 2 == 0,
        }
        for number, made_at in enumerate(times)
    ]


def by_path(event: Row, paths: Iterable[str]) -> Row:
    """An event with the values at some paths beside its fields: null through what is null or not there."""
    found = dict(event)
    for text in paths:
        value: Any = event
        for step in parse(text):
            value = None if value is None else value.get(step)
        found[text] = value
    return found


def in_ms(event: Row) -> Row:
    """An event as its columns have it: micros floored to ms."""
    floored = {name: None if event[name] is None else event[name] // 1000 for name in ("made_at", "seen_at")}
    return {**event, **floored}
