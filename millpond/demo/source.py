"""The demo's own side of the source: its topic, its schema, as the tills' owner would set them up."""

from pathlib import Path

from millpond.control import source_topic
from millpond.control.settings import Settings
from millpond.control.topics import Topics
from millpond.demo.encode import LineEncoder
from millpond.plan.model import SourcePlan


def create_topic(settings: Settings, source: SourcePlan) -> None:
    """The source topic, for a history that keeps its own timestamps."""
    Topics(settings.kafka).create([source_topic.history_topic(source.topic, skew_ms=source.skew_ms)])


def register_schema(settings: Settings, source: SourcePlan, schema_file: Path) -> LineEncoder:
    """Register the tills' schema; returns the encoder that writes with it."""
    schema_id = source_topic.register_schema(settings, source.topic, schema_file)
    return LineEncoder(schema_file.read_text("utf-8"), schema_id)
