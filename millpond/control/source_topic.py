"""A source's topic and schema, as its owner sets them up for a history that keeps its own timestamps."""

from pathlib import Path
from typing import Final

from confluent_kafka.schema_registry import Schema, SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from httpx2 import HTTPError  # what confluent-kafka's client raises for a registry that does not answer

from millpond.control.settings import Settings
from millpond.control.topics import Topic
from millpond.plan.errors import MillpondError
from millpond.plan.windows import SKEW

PARTITIONS: Final = 4


def history_topic(name: str, *, skew_ms: int = SKEW) -> Topic:
    """A source's topic for records that bring their arrivals along, of any age."""
    config = {
        "message.timestamp.type": "CreateTime",
        # The broker would delete segments of the past at once.
        "retention.ms": "-1",
        # Stamps of the past are welcome, stamps ahead of the clock by more than the skew are not.
        "message.timestamp.after.max.ms": str(skew_ms),
    }
    return Topic(name=name, partitions=PARTITIONS, config=config)


def register_schema(settings: Settings, topic: str, schema_file: Path) -> int:
    """Register a file's Avro schema for the values of a topic; returns its id.

    Raises:
        MillpondError: there is no such file; the registry does not answer, or refuses it.
    """
    subject = f"{topic}-value"
    try:
        text = schema_file.read_text("utf-8")
    except OSError as cause:
        raise MillpondError(
            f"it cannot be read: {cause.strerror}", where=str(schema_file), mend="put the schema of the topic there"
        ) from cause
    try:
        with SchemaRegistryClient({"url": settings.registry}) as registry:
            return int(registry.register_schema(subject, Schema(text, "AVRO")))
    except (OSError, HTTPError) as cause:
        raise MillpondError(
            f"the registry does not answer: {cause}", where=settings.registry, mend="check the address"
        ) from cause
    except SchemaRegistryError as cause:
        raise MillpondError(
            f"the registry refuses the schema: {cause.error_message}",
            where=f"subject {subject}",
            mend=f"see what it has for the subject; {schema_file.name} must be compatible with that",
        ) from cause
