"""Events, columns and schemas say the same."""

import io
import json
from itertools import islice
from pathlib import Path
from typing import Any

import fastavro
import pytest

from millpond.define.avro import read_schema
from millpond.simulate.topics import TOPICS, Topic
from tests.unit.simulate.conftest import Stream

SCHEMAS = Path(__file__).parents[3] / "schemas"
DUCKDB = {
    "string": "VARCHAR", "timestamp": "BIGINT", "decimal(18,2)": "DECIMAL(18,2)", "double": "DOUBLE",
    "boolean": "BOOLEAN",
}  # fmt: skip

topics = pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)


def written(topic: Topic) -> Any:
    return json.loads((SCHEMAS / f"{topic.name}.avsc").read_text("utf-8"))


@topics
def test_millpond_reads_every_field_of_the_schema_as_the_column_it_is(topic: Topic) -> None:
    types = read_schema(SCHEMAS / f"{topic.name}.avsc").types
    assert {name: DUCKDB[str(type)] for name, type in types.items()} == topic.columns
    assert list(types) == list(topic.columns)


@topics
def test_the_record_and_every_field_say_what_they_are(topic: Topic) -> None:
    schema = written(topic)
    assert schema["doc"] and all(field["doc"] for field in schema["fields"])


@topics
def test_every_event_is_valid_and_comes_back_as_it_was(topic: Topic, stream: Stream) -> None:
    schema = fastavro.parse_schema(written(topic))
    for event in islice(stream.events[topic.name], 3_000):
        assert list(event) == list(topic.columns)
        buffer = io.BytesIO()
        fastavro.schemaless_writer(buffer, schema, event, strict=True)
        buffer.seek(0)
        back: Any = fastavro.schemaless_reader(buffer, schema, None)
        back["occurred_at"] = round(back["occurred_at"].timestamp() * 1000)
        assert back == event


@topics
def test_amounts_are_positive_and_have_two_digits(topic: Topic, stream: Stream) -> None:
    amounts = [event["amount"] for event in stream.events[topic.name] if "amount" in event]
    assert all(amount > 0 and amount.as_tuple().exponent == -2 for amount in amounts)
