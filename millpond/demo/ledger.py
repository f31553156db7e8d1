"""The books after a replay: what was accepted and what was refused, read from the topics the job wrote."""

import io
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import fastavro
from confluent_kafka import Message
from confluent_kafka.schema_registry import SchemaRegistryClient

from millpond.control.topics import Topics
from millpond.demo.plants import Plant, Refused
from millpond.demo.replay import Sent
from millpond.materialize.to_the_end import records

SILENCE_S: Final = 30.0
OWN_HEADERS: Final = "millpond."
PREFIX: Final = 5  # bytes of the Confluent header: magic byte and schema id

REASONS: Final[dict[Refused, str]] = {
    "wrong_magic_byte": "bad_magic",
    "unknown_schema_id": "unknown_schema",
    "truncated_body": "truncated",
    "null_value": "null_value",
    "null_event_time": "null_event_time",
    "too_late": "late",
    "future": "future",
}
"""The reason each plant must be refused for."""


def read_topic(topics: Topics, topic: str) -> Iterator[Message]:
    """Every record of a topic up to its present end, in offset order within a partition.

    Raises:
        MillpondError: the broker fell silent.
    """
    if any(topics.ends(topic)):
        yield from records(topics.kafka, topic, group="millpond-demo", silence_s=SILENCE_S)


class RowDecoder:
    """Decodes Confluent Avro by the schemas in the registry."""

    def __init__(self, registry: str) -> None:
        self._registry = SchemaRegistryClient({"url": registry})
        self._schemas: dict[bytes, Any] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._registry.__exit__(None, None, None)

    def decode(self, data: bytes) -> dict[str, Any]:
        """One row."""
        prefix = data[:PREFIX]
        schema = self._schemas.get(prefix)
        if schema is None:
            text = self._registry.get_schema(int.from_bytes(prefix[1:], "big")).schema_str
            assert text is not None, "an Avro schema has a text"
            schema = self._schemas[prefix] = fastavro.parse_schema(json.loads(text))
        row = fastavro.schemaless_reader(io.BytesIO(data[PREFIX:]), schema, None)
        assert isinstance(row, dict), "keys and values of tile topics are records"
        return row


def accepted_events(topics: Topics, registry: str, tile_topic: str) -> int:
    """How many events the tiles of a topic hold: the sum of `n` over the last row of every key.

    Args:
        tile_topic: of a single level, of a view whose key is never null: there each accepted event is in one tile.
    """
    last = {message.key(): message.value() for message in read_topic(topics, tile_topic)}
    with RowDecoder(registry) as decoder:
        return sum(decoder.decode(row)["n"] for row in last.values() if row is not None)


@dataclass(frozen=True, kw_only=True)
class DeadLetters:
    """What the dead letter topic holds.

    Attributes:
        reasons: reason -> distinct records of the source refused for it.
        faults: what is not as it should be, in words; empty when every letter is.
    """

    reasons: dict[str, int]
    faults: tuple[str, ...]

    @property
    def total(self) -> int:
        """Distinct records refused."""
        return sum(self.reasons.values())


def dead_letters(topics: Topics, dead_letter_topic: str, source_topic: str, sent: Sequence[Sent]) -> DeadLetters:
    """Compare every dead letter with what was sent: reason, place, key, value and headers, byte for byte.

    Letters are at-least-once, so copies of one are one; but each copy is compared.
    """
    expected = {(source_topic, s.partition, s.offset): s for s in sent}
    found: dict[tuple[str, int, int], str] = {}
    faults: list[str] = []
    for message in read_topic(topics, dead_letter_topic):
        headers: dict[str, bytes] = dict(message.headers() or ())  # type: ignore[arg-type]
        place, reason = _place(headers), headers[f"{OWN_HEADERS}reason"].decode()
        found[place] = reason
        record = expected.get(place)
        if record is None:
            faults.append(f"{_spell(place)} was refused as {reason!r}, and is a good event")
        else:
            faults += [f"{_spell(place)}: {fault}" for fault in _faults(record, message, headers, reason)]
    faults += [f"{_spell(place)}, a {expected[place].plant.kind}, was not refused" for place in expected.keys() - found]
    return DeadLetters(reasons=dict(sorted(Counter(found.values()).items())), faults=tuple(faults))


def expected_reasons(plants: Sequence[Plant]) -> dict[str, int]:
    """Reason -> how many dead letters there must be."""
    return dict(sorted(Counter(REASONS[plant.kind] for plant in plants).items()))


def _place(headers: dict[str, bytes]) -> tuple[str, int, int]:
    topic, partition, offset = (headers[OWN_HEADERS + name].decode() for name in ("topic", "partition", "offset"))
    return topic, int(partition), int(offset)


def _spell(place: tuple[str, int, int]) -> str:
    topic, partition, offset = place
    return f"{topic}[{partition}]@{offset}"


def _faults(record: Sent, message: Message, headers: dict[str, bytes], reason: str) -> Iterator[str]:
    plant = record.plant
    own = {name: value for name, value in headers.items() if not name.startswith(OWN_HEADERS)}
    if reason != REASONS[plant.kind]:
        yield f"a {plant.kind} was refused as {reason!r} instead of {REASONS[plant.kind]!r}"
    if message.key() != plant.key:
        yield f"the key came back as {message.key()!r} instead of {plant.key!r}"
    if message.value() != record.value:
        yield f"the value came back as {message.value()!r} instead of {record.value!r}"
    if own != dict(plant.headers):
        yield f"the headers came back as {own!r} instead of {dict(plant.headers)!r}"
