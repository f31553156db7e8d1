"""Tile topics with rows of our own, a store that may be hurt, and materializer processes."""

import json
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from typing import Any

from confluent_kafka import ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from fastavro import parse_schema, schemaless_reader

from millpond.control.records import Records
from millpond.control.settings import Settings
from millpond.control.topics import Topics
from millpond.demo.ledger import read_topic
from millpond.local.addresses import Addresses
from millpond.plan.deployment import Fragment, JobRecord
from millpond.plan.names import source_group
from millpond.plan.windows import DAY, HOUR, MINUTE
from millpond.store import proven
from millpond.store.keys import applied_field, applied_key, counters_key
from millpond.store.nodes import Nodes, everywhere
from millpond.store.parts import Part, parts_of
from millpond.store.records import RecordLayout
from tests.integration.servers import OwnStore, until
from tests.unit.materialize.sample import (
    KEY_SCHEMA,
    VALUE_SCHEMA,
    TileRow,
    job,
    record_of,
    view,
    wire,
)

PARTITIONS = 3
LEVEL = {"tiles_short": MINUTE, "tiles_long": HOUR, "lifetime": DAY}
EPOCH = 1_700_000_000_000 // DAY * DAY
Held = dict[tuple[str, str], tuple[Any, ...]]


class Process:
    """A materializer, or another program of ours."""

    def __init__(
        self, argv: Sequence[str], log: Path, *, environ: Mapping[str, str] | None = None, folder: Path | None = None
    ) -> None:
        self.log = log
        with log.open("ab") as out:
            self.popen = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, env=environ, cwd=folder)

    def signal(self, number: signal.Signals) -> None:
        self.popen.send_signal(number)

    def kill(self) -> None:
        self.popen.kill()
        self.popen.wait()

    def said(self, text: str) -> bool:
        """True once its log holds the text, wherever the lines were broken."""
        return text in " ".join(self.log.read_text().split())

    def leave(self) -> None:
        self.popen.terminate()
        assert self.popen.wait(30) == 0, self.log.read_text()


class World:
    """One namespace: a job's topics, what was written to them, and who moves it to the store."""

    def __init__(self, addresses: Addresses, ns: str, folder: Path, store: OwnStore) -> None:
        self.ns = ns
        self.folder = folder
        self.addresses = addresses
        self.store = store
        self.nodes = Nodes.connect(store.url)
        self.processes: list[Process] = []
        at = addresses
        self.settings = Settings(ns=ns, kafka=at.kafka, registry=at.registry, flink=at.flink, store=self.store.url)
        self.records = Records(self.settings)
        self.rows: dict[Fragment, list[TileRow]] = {}
        self.job = job(source=f"{ns}.sales", topic_partitions=PARTITIONS)
        self._topics = Topics(addresses.kafka)
        self._admin = AdminClient({"bootstrap.servers": addresses.kafka})
        # Regressing rows are made by us; a producer that reorders its retries would add its own.
        self._producer = Producer({"bootstrap.servers": addresses.kafka, "linger.ms": 5, "enable.idempotence": True})
        schemas = (KEY_SCHEMA, VALUE_SCHEMA)
        with SchemaRegistryClient({"url": addresses.registry}) as registry:
            self._ids = [
                registry.register_schema(f"{ns}-{i}", Schema(json.dumps(schema), "AVRO"))
                for i, schema in enumerate(schemas)
            ]
        self.create(self.job)

    def create(self, record: JobRecord) -> None:
        """Make a job's topics, and record it."""
        wanted = [NewTopic(f.topic(self.ns), PARTITIONS) for f in record.fragments]
        if record.source.topic not in self._admin.list_topics(timeout=10).topics:
            wanted += [NewTopic(record.source.topic, record.partitions)]
        for made in self._admin.create_topics(wanted).values():
            made.result(30)
        self.record(record)

    def record(self, record: JobRecord) -> None:
        self.records.put(record)

    # --- what Flink would write ---

    def write(self, fragment: Fragment, row: TileRow) -> None:
        self.rows.setdefault(fragment, []).append(row)
        key, value = wire(self._ids[0], KEY_SCHEMA, row.key), wire(self._ids[1], VALUE_SCHEMA, row.value)
        self.produce(fragment.topic(self.ns), key, value)

    def tombstone(self, fragment: Fragment, row: TileRow) -> None:
        self.produce(fragment.topic(self.ns), wire(self._ids[0], KEY_SCHEMA, row.key), None)

    def commit(self, partition: int, offset: int) -> None:
        """What the job commits once a checkpoint that holds its source up to an offset is complete."""
        group = source_group(self.ns, self.job.name)
        place = TopicPartition(self.job.source.topic, partition, offset)
        wanted = ConsumerGroupTopicPartitions(group, [place])
        self._admin.alter_consumer_group_offsets([wanted])[group].result(30)

    def produce(self, topic: str, key: bytes | None, value: bytes | None, partition: int = -1) -> None:
        self._producer.produce(topic, key=key, value=value, partition=partition)
        self._producer.poll(0)

    def flush(self) -> None:
        assert self._producer.flush(30) == 0

    def stream(self, seed: int, count: int, *, rate: float) -> Iterator[int]:
        """Write `count` growing tiles a fragment, some regressing, some late, at `rate` rows a second."""
        draw = random.Random(seed)
        sizes: dict[tuple[Fragment, str, int], int] = {}
        began, written = time.monotonic(), 0
        for step in range(count):
            for fragment in self.job.fragments:
                level = LEVEL[fragment.kind]
                # The clock moves through twice as many tiles as a ring has; one row in ten is an hour's worth late.
                tile = EPOCH // level + step * 130 // count - (draw.randrange(70) if draw.random() < 0.1 else 0)
                place = (fragment, f"c:{draw.randrange(15)}", tile)
                sizes[place] = sizes.get(place, 0) + 1
                self.write(fragment, grown(place[1], level, tile, sizes[place]))
                if draw.random() < 0.05:  # a restart of Flink: the same tile from an earlier state again
                    back = draw.randrange(1, sizes[place] + 1)
                    self.write(fragment, grown(place[1], level, tile, back))
                if draw.random() < 0.02:  # lost state: the count was made up by others, but the first event is gone
                    lost = grown(place[1], level, tile, sizes[place])
                    self.write(fragment, replace(lost, first=lost.first + 1))
                written += 1
            ahead = written / rate - (time.monotonic() - began)
            if ahead > 0:
                self.flush()
                time.sleep(ahead)
            yield step
        self.flush()

    # --- what the store must hold ---

    def expected(self) -> Held:
        """Of each slot: the newest tile, of it the row of most events, of those the one with the earliest first."""
        best: dict[tuple[str, str], TileRow] = {}
        for fragment, rows in self.rows.items():
            (part,) = parts_of(view(), fragment.kind)
            for row in rows:
                place = (self._key(row, fragment, part), part.field(row.tile))
                old = best.get(place)
                if old is None or (row.tile, row.n, -row.first) >= (old.tile, old.n, -old.first):
                    best[place] = row
        return {place: row.record for place, row in best.items()}

    def _key(self, row: TileRow, fragment: Fragment, part: Part) -> str:
        card = row.card.replace(":", "%3A")
        return f"{self.ns}.shop:{{card_shop={card},{row.shop}}}:card_sales.3.{fragment.generation}:{part.name}"

    def held(self) -> Held:
        """Every record in the store."""
        layout, client = RecordLayout.of(view()), self.store.client
        held: Held = {}
        for key in client.scan_iter(match=f"{self.ns}.*", count=1000):
            for field, record in client.hgetall(key).items():
                held[key.decode(), field.decode()] = record_of(layout, record)
        return held

    def last_row(self, fragment: Fragment, row: TileRow) -> dict[str, Any]:
        """The last value of a row's key in its topic, as any Avro reader has it."""
        topic, key = fragment.topic(self.ns), wire(self._ids[0], KEY_SCHEMA, row.key)
        values = [m.value() for m in read_topic(Topics(self.addresses.kafka), topic) if m.key() == key]
        found = schemaless_reader(BytesIO((values[-1] or b"")[5:]), parse_schema(VALUE_SCHEMA), None)
        assert isinstance(found, dict), "rows are records"
        return found

    def ends(self) -> dict[str, int]:
        """The end offset of each tile partition, by its field in the applied hash."""
        topics, names = Topics(self.addresses.kafka), [f.topic(self.ns) for f in self.job.fragments]
        return {applied_field(name, p): end for name in names for p, end in enumerate(topics.ends(name))}

    def drained(self, *, within_s: float = 60.0) -> None:
        """Wait until everything written so far is applied."""
        self.flush()
        ends = self.ends()
        until(lambda: self._reaches(ends), within_s=within_s, what=f"not applied: {self.applied()} of {ends}")

    def _reaches(self, ends: dict[str, int]) -> bool:
        applied = self.applied()
        return all(applied.get(field, -1) >= end for field, end in ends.items())

    def applied(self) -> dict[str, int]:
        self.nodes.lose()
        return everywhere([client.hgetall(applied_key(self.ns, shard.tag)) for shard, client in self.nodes.shards()])

    def freshness(self) -> dict[str, int]:
        return proven.stamps(self.nodes, self.ns)

    def counter(self, name: str) -> int:
        counters = self._numbers(counters_key(self.ns))
        return sum(count for field, count in counters.items() if field.split("|")[0] == name)

    def _numbers(self, key: str) -> dict[str, int]:
        return {field.decode(): int(value) for field, value in self.store.client.hgetall(key).items()}

    # --- processes ---

    def start(self) -> Process:
        argv = [sys.executable, "-m", "millpond.cli.main", "materialize", "--ns", self.ns, "--store", self.store.url]
        argv += ["--kafka", self.addresses.kafka, "--registry", self.addresses.registry]
        process = Process(argv, self.folder / f"materializer-{len(self.processes)}.log")
        self.processes.append(process)
        return process

    def close(self) -> None:
        for process in self.processes:
            if process.popen.poll() is None:
                process.signal(signal.SIGCONT)
                process.kill()
        self.nodes.close()
        self.store.client.close()
        self.store.kill()


def grown(card: str, level: int, tile: int, n: int) -> TileRow:
    """A tile of `n` events: the same events make the same row."""
    return TileRow(
        card=card,
        level=level,
        tile=tile,
        n=n,
        first=max(0, 1000 - n),
        last=1000 + n,
        volume=Decimal(n * 1234567 + tile) / 100,
        least=None if n % 5 == 0 else Decimal(-n) / 100,
        weight=n / 7,
    )


@contextmanager
def world(addresses: Addresses, ns: str, folder: Path, store: OwnStore | None = None) -> Iterator[World]:
    """A world, and nothing left of it; with a store of one node, unless there is one."""
    made = World(addresses, ns, folder, store or OwnStore(folder / "store"))
    try:
        yield made
    finally:
        made.close()
