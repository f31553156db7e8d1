"""Damage done on purpose: a harness that does not find every kind of it proves nothing."""

import random
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import Producer

from millpond.demo.ledger import OWN_HEADERS, read_topic
from millpond.demo.sabotage import corrupt_tile
from millpond.plan.names import dead_letter_topic
from millpond.serve import Reader
from tests.faults.stage import SETS, Stage

Sabotage = Callable[[Stage], None]
FLUSH_S: Final = 30.0


def _lie(stage: Stage) -> None:
    """A tile that is read meanwhile holds one line too many, until its next line puts it right."""
    shopper, _ = stage.requests(random.Random(0))
    with Reader.connect(stage.settings.store, ns=stage.ns) as reader:
        corrupt_tile(stage.store, stage.ns, reader.open(SETS[0], version=1), shopper, at=stage.instant.now)


def _lost_key(stage: Stage) -> None:
    """A key of the store is gone."""
    stage.store.unlink(next(stage.store.scan_iter(match=f"{stage.ns}.*:lifetime")))


def _extra_key(stage: Stage) -> None:
    """A key of the store that nobody met."""
    key = next(stage.store.scan_iter(match=f"{stage.ns}.*store=*:1h"))
    stage.store.copy(key, key.replace(b"store=", b"store=9"))


def _stale_row(stage: Stage) -> None:
    """The first row of a tile that grew is written once more, and is its last: what an unfenced producer does."""
    topic = _tiles(stage)
    first: dict[bytes, bytes] = {}
    for message in read_topic(stage.topics, topic):
        key, row = message.key() or b"", message.value() or b""
        if first.setdefault(key, row) != row:
            _produce(stage, topic, key, first[key], message.partition() or 0)
            return
    raise AssertionError("no tile grew")


def _tombstone(stage: Stage) -> None:
    """A tile is taken back."""
    topic = _tiles(stage)
    message = next(read_topic(stage.topics, topic))
    _produce(stage, topic, message.key(), None, message.partition() or 0)


def _good_event_refused(stage: Stage) -> None:
    """A dead letter of a record that is a good event."""
    assert stage.job is not None, "deployed"
    topic = dead_letter_topic(stage.ns, stage.job.name)
    message = next(read_topic(stage.topics, topic))
    pairs: Any = message.headers()
    headers = [(name, b"0" if name == f"{OWN_HEADERS}offset" else value) for name, value in pairs]
    _produce(stage, topic, message.key(), message.value(), 0, headers)


def _tiles(stage: Stage) -> str:
    assert stage.job is not None, "deployed"
    return next(f for f in stage.job.fragments if f.kind == "lifetime").topic(stage.ns)


def _produce(stage: Stage, topic: str, key: Any, value: bytes | None, partition: int, headers: Any = None) -> None:
    producer = Producer({"bootstrap.servers": stage.settings.kafka})
    producer.produce(topic, key=key, value=value, partition=partition, headers=headers)
    assert producer.flush(FLUSH_S) == 0, "delivered"


DURING: Final[dict[str, Sabotage]] = {"lie": _lie}
AFTERWARDS: Final[dict[str, Sabotage]] = {
    "lost-key": _lost_key,
    "extra-key": _extra_key,
    "stale-row": _stale_row,
    "tombstone": _tombstone,
    "good-event-refused": _good_event_refused,
}
NAMES: Final = (*DURING, *AFTERWARDS)
