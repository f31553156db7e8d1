"""An event as the bytes of a record. How records are sent: tests/integration/test_simulate.py."""

import io
import json
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import Any

import fastavro
import pytest

from millpond.simulate.publish import encoder
from millpond.simulate.topics import TOPICS, Topic
from tests.unit.simulate.conftest import Stream

SCHEMAS = Path(__file__).parents[3] / "schemas"


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_record_is_a_zero_the_schema_s_id_and_the_event(topic: Topic, stream: Stream) -> None:
    text = (SCHEMAS / f"{topic.name}.avsc").read_text("utf-8")
    encode = encoder(text, 0x01020304)
    for event in islice(stream.events[topic.name], 500):
        value = encode(event)
        assert value[:5] == b"\0\1\2\3\4"
        rest = io.BytesIO(value[5:])
        back: Any = fastavro.schemaless_reader(rest, json.loads(text), None)
        assert rest.read() == b""
        assert told(back) == event


def told(event: Mapping[str, Any]) -> dict[str, Any]:
    return {**event, "occurred_at": round(event["occurred_at"].timestamp() * 1000)}
