"""The demo's own side of the source: its topic, its schema, as the tills' owner would set them up."""

from pathlib import Path
from typing import Final

from confluent_kafka.admin import AdminClient, NewTopic
from confluent_kafka.schema_registry import Schema, SchemaRegistryClient

from millpond.control.settings import Settings
from millpond.demo.encode import LineEncoder
from millpond.plan.model import SourcePlan

PARTITIONS: Final = 4
TIMEOUT_S: Final = 30.0


def create_topic(settings: Settings, source: SourcePlan) -> None:
    """The source topic, for a history that keeps its own timestamps."""
    config = {
        "message.timestamp.type": "CreateTime",
        # The broker would delete segments of 2017 at once.
        "retention.ms": "-1",
        # Stamps of the past are welcome, stamps ahead of the clock by more than the skew are not.
        "message.timestamp.after.max.ms": str(source.skew_ms),
    }
    admin = AdminClient({"bootstrap.servers": settings.kafka, "log_level": 0})
    topic = NewTopic(source.topic, num_partitions=PARTITIONS, replication_factor=1, config=config)
    for created in admin.create_topics([topic], operation_timeout=TIMEOUT_S).values():
        created.result(TIMEOUT_S)


def register_schema(settings: Settings, source: SourcePlan, schema_file: Path) -> LineEncoder:
    """Register the tills' schema; returns the encoder that writes with it."""
    text = schema_file.read_text("utf-8")
    with SchemaRegistryClient({"url": settings.registry}) as registry:
        schema_id = registry.register_schema(f"{source.topic}-value", Schema(text, "AVRO"))
    return LineEncoder(text, schema_id)
