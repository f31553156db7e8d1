"""The scored topic, read while it grows: what the enricher's model makes of each transfer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Self

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, TopicPartition

from millpond.demo.ledger import RowDecoder
from millpond.plan.errors import MillpondError

BATCH: Final = 500
EVENT_ID: Final = "event_id"
"""The header of a request that names its event: replies carry the headers of their requests."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reply:
    """A reply; `event_id` is None where its request had none in its headers."""

    event_id: str | None
    score: float | None
    status: str
    reason: str
    values: Mapping[str, Any]


class Scored:
    """Every reply of the topic, from its beginning; use it as a context manager.

    Args:
        kafka: bootstrap servers.
        registry: the schema registry.
        topic: of the replies.
        partitions: that it has.
    """

    def __init__(self, kafka: str, registry: str, topic: str, *, partitions: int) -> None:
        self._topic = topic
        self._decoder = RowDecoder(registry)
        self._consumer = Consumer(
            {
                "bootstrap.servers": kafka,
                "group.id": "examples-fraud",  # nothing is committed for it
                "enable.auto.commit": False,
                "fetch.wait.max.ms": 20,  # what is measured is the enricher, not how long this waits
                "log_level": 0,
            }
        )
        self._consumer.assign([TopicPartition(topic, p, OFFSET_BEGINNING) for p in range(partitions)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
        self._decoder.__exit__(None, None, None)

    def take(self, wait_s: float) -> Iterator[Reply]:
        """What came, after waiting for the first at most so long.

        Raises:
            MillpondError: the topic cannot be read.
        """
        message = self._consumer.poll(wait_s)
        for _ in range(BATCH):
            if message is None:
                return
            if (error := message.error()) is not None:
                cause = KafkaException(error)
                raise MillpondError(
                    f"it cannot be read: {cause}", where=self._topic, mend="see the broker's log"
                ) from cause
            yield self._reply(message)
            message = self._consumer.poll(0)

    def _reply(self, message: Any) -> Reply:
        row = self._decoder.decode(message.value())
        named = dict(message.headers() or ()).get(EVENT_ID)
        return Reply(
            event_id=None if named is None else named.decode(),
            score=row["score"],
            status=row["status"],
            reason=row["reason"] or "",
            values=row["values"],
        )
