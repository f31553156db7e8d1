"""Publishes a simulation into an environment's Kafka: topics, schemas, and events stamped with their arrivals."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import fastavro

from millpond.control.sender import Sender
from millpond.control.settings import Settings
from millpond.control.source_topic import history_topic, register_schema
from millpond.control.topics import Topics
from millpond.plan.errors import MillpondError
from millpond.simulate.pace import Due, paced
from millpond.simulate.simulation import Simulation
from millpond.simulate.topics import TOPICS, Event

PROGRESS_EVERY: Final = 1_000
WAIT_MS: Final = 200  # until whoever waits looks again whether it is to stop

Encode = Callable[[Event], bytes]


@dataclass(frozen=True, kw_only=True)
class Published:
    """What was published.

    Attributes:
        rows: topic -> records in it that are of this run; an event that arrived twice is two.
        arrivals: the first and the last, ms UTC; None where nothing was published.
    """

    rows: Mapping[str, int]
    arrivals: tuple[int, int] | None


def open_topics(settings: Settings, schemas: Path, *, append: bool) -> dict[str, Encode]:
    """Create the topics that are missing, and register their schemas; returns what encodes the events of each.

    Args:
        settings: the environment.
        schemas: the folder that holds `<topic>.avsc`.
        append: a topic may hold events already.

    Raises:
        MillpondError: a topic holds events, or is set up otherwise; a schema is missing or refused.
    """
    topics = Topics(settings.kafka)
    held = [topic.name for topic in TOPICS if any(topics.ends(topic.name))]
    if held and not append:
        raise MillpondError(
            "there are events already, and another simulation's would mix with them",
            where=", ".join(held),
            mend="begin with empty topics (`millpond up` does), or mix them with --append",
        )
    topics.create([history_topic(topic.name) for topic in TOPICS])
    return {topic.name: _encoder(settings, topic.name, schemas / f"{topic.name}.avsc") for topic in TOPICS}


def publish(
    simulation: Simulation,
    kafka: str,
    encoders: Mapping[str, Encode],
    *,
    due: Due,
    truth: dict[str, str],
    clock: Callable[[], int],
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[int, int], None] = lambda _events, _arrival: None,
) -> Published:
    """Send a simulation's events until it ends or is stopped; what was sent is in the topics when this returns.

    Args:
        simulation: what to publish.
        kafka: bootstrap servers.
        encoders: of each topic.
        due: when each event is sent.
        truth: is given the ground truth of what is sent: event id -> pattern.
        clock: the present instant, ms UTC.
        stopped: whether to stop before the next event.
        progress: told now and then how many events were sent, and the arrival of the last, ms UTC.

    Raises:
        MillpondError: an event was not delivered.
    """
    sender = Sender(kafka)
    rows = {topic.name: 0 for topic in TOPICS}
    first: int | None = None
    last: int | None = None

    def wait(early_ms: int) -> None:
        if last is not None:
            progress(sender.count, last)
        sender.hear(min(early_ms, WAIT_MS) / 1000)

    for topic, arrival, key, event in paced(simulation, due, clock=clock, wait=wait, stopped=stopped):
        sender.produce(topic, key=key.encode(), value=encoders[topic](event), timestamp=arrival)
        rows[topic] += 1
        first, last = arrival if first is None else first, arrival
        if (pattern := simulation.truth.get(event["event_id"])) is not None:
            truth[event["event_id"]] = pattern
        if sender.count % PROGRESS_EVERY == 0:
            progress(sender.count, arrival)
    sender.flush()
    return Published(rows=rows, arrivals=None if first is None or last is None else (first, last))


def _encoder(settings: Settings, topic: str, schema_file: Path) -> Encode:
    schema_id = register_schema(settings, topic, schema_file)
    return encoder(schema_file.read_text("utf-8"), schema_id)


def encoder(schema: str, schema_id: int) -> Encode:
    """What makes of an event the bytes of a record: Avro behind the header of Confluent's wire format."""
    parsed = fastavro.parse_schema(json.loads(schema))
    header = b"\0" + schema_id.to_bytes(4, "big")

    def encode(event: Event) -> bytes:
        buffer = io.BytesIO()
        buffer.write(header)
        fastavro.schemaless_writer(buffer, parsed, event)
        return buffer.getvalue()

    return encode
