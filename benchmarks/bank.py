"""A pool over the simulator's topics, in a project made for the run, and its events in Kafka."""

import io
import json
import shutil
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import fastavro
from confluent_kafka import Producer
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from benchmarks.world import FLUSH_S, PARTITIONS, World
from millpond.control.topics import Topic
from millpond.define.compiler import compile_pool
from millpond.plan.errors import MillpondError
from millpond.plan.model import Pool
from millpond.simulate import Simulation

BANK: Final = Path(__file__).parent / "bank"
SCHEMAS: Final = Path(__file__).parents[1] / "schemas"


def bank() -> Pool:
    """The pool, over the schemas of this repository."""
    with TemporaryDirectory(prefix="millpond-bank-") as folder:
        root = Path(folder) / "bank"
        shutil.copytree(BANK, root)
        shutil.copytree(SCHEMAS, root / "schemas")
        return compile_pool(root)


def publish(world: World, pool: Pool, simulation: Simulation) -> int:
    """Write a simulation's events to the topics of a pool's sources, stamped with their arrivals; how many."""
    encoders = {topic: _encoder(world, topic) for topic in {view.source.topic for view in pool.views}}
    producer = Producer({"bootstrap.servers": world.stack.addresses.kafka, "linger.ms": 50, "acks": "all"})
    written = 0
    for topic, arrival, key, event in simulation:
        if topic in encoders:
            _send(producer, topic, encoders[topic].encode(event), key.encode(), arrival)
            written += 1
    if producer.flush(FLUSH_S):
        raise MillpondError("Kafka does not take the events", where="the simulation", mend="see the broker's log")
    return written


class _Encoder:
    """Writes events under a registered schema, in the wire format."""

    def __init__(self, schema_id: int, schema: Any) -> None:
        self._header = b"\0" + schema_id.to_bytes(4, "big")
        self._schema = fastavro.parse_schema(schema)

    def encode(self, event: Any) -> bytes:
        """One event."""
        buffer = io.BytesIO(self._header)
        buffer.seek(len(self._header))
        fastavro.schemaless_writer(buffer, self._schema, event)
        return buffer.getvalue()


def _encoder(world: World, topic: str) -> _Encoder:
    config = {"message.timestamp.type": "CreateTime", "retention.ms": "-1"}
    world.topics.create([Topic(name=topic, partitions=PARTITIONS, config=config)])
    text = (SCHEMAS / f"{topic}.avsc").read_text("utf-8")
    with SchemaRegistryClient({"url": world.stack.addresses.registry}) as registry:
        return _Encoder(registry.register_schema(f"{topic}-value", Schema(text, "AVRO")), json.loads(text))


def _send(producer: Producer, topic: str, value: bytes, key: bytes, arrival: int) -> None:
    while True:
        try:
            producer.produce(topic, value, key, zlib.crc32(key) % PARTITIONS, timestamp=arrival)
        except BufferError:
            producer.poll(0.1)
        else:
            producer.poll(0)
            return
