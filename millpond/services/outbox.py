"""What the enricher writes: replies, and dead letters; each is told when the brokers have it."""

import logging
from collections.abc import Callable
from typing import Any, Final

from confluent_kafka import KafkaError, KafkaException, Producer

from millpond.materialize.seldom import Seldom
from millpond.plan.errors import MillpondError
from millpond.services.asked import Asked, DeadLetter

LONGEST_DETAIL: Final = 300
METADATA_S: Final = 10.0
# Above what brokers take: they decide, by their topics, and what they refuse is answered otherwise.
LARGEST: Final = 100_000_000
BY_KEY: Final = -1  # librdkafka's name for a partition that the key decides

log = logging.getLogger("millpond.services")


class StartOver(Exception):
    """Kafka refused something in a way that going on does not mend: from the committed offsets it may go."""


class Outbox:
    """An idempotent producer: what is sent into a partition arrives in its order, once.

    Args:
        kafka: the brokers' addresses.
        requests, replies, dead_letters: the topics.
        delivered: called with each request whose answer the brokers have.
        seldom: where outages are told.

    Raises:
        StartOver: the brokers do not say what partitions there are.
    """

    def __init__(
        self,
        kafka: str,
        *,
        requests: str,
        replies: str,
        dead_letters: str,
        delivered: Callable[[Asked], None],
        seldom: Seldom,
    ) -> None:
        self._requests, self._replies, self._dead_letters = requests, replies, dead_letters
        self._delivered = delivered
        self._seldom = seldom
        self._trouble: str | None = None
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": 2,
                "compression.type": "lz4",
                # A batch is refused as a whole: one that is too large for its topic is then a single answer.
                "batch.size": 100_000,
                # However long an outage is: nothing is given up, and the order stays.
                "message.timeout.ms": 0,
                "message.max.bytes": LARGEST,
                "log_level": 2,
                "error_cb": self._failed,
            }
        )
        self._partitions = self._partitions_of(replies)

    def send(self, asked: Asked) -> None:
        """Hand a request's answer over.

        Raises:
            StartOver: an earlier one was refused for good.
        """
        answer = asked.answer
        if isinstance(answer, DeadLetter):
            self._bury(asked, answer, asked.value)
            return
        assert answer is not None, "it leaves when it is answered"

        def heard(error: KafkaError | None, _message: object) -> None:
            if error is not None and _is_too_large(error):
                detail = f"its reply of {len(answer)} bytes, with its headers: {error.str()}"
                asked.answer = DeadLetter("reply_too_large", detail)
                self._bury(asked, asked.answer, asked.value)
            else:
                self._heard(asked, error)

        # With as many partitions as the requests have, its request's own; with fewer or more the order is kept, too.
        self._produce(self._replies, asked.partition % self._partitions, answer, asked, list(asked.headers), heard)

    def hear(self, wait_s: float = 0.0) -> None:
        """Take what the brokers have answered.

        Raises:
            StartOver: they refused something for good.
        """
        self._producer.poll(wait_s)
        if self._trouble is not None:
            raise StartOver(self._trouble)

    def abandon(self) -> None:
        """Throw away what was not sent: it is answered again after the next start."""
        self._producer.purge()
        self._producer.flush(1.0)

    def _bury(self, asked: Asked, why: DeadLetter, value: bytes | None) -> None:
        headers = [
            *asked.headers,
            ("millpond.reason", why.reason.encode()),
            ("millpond.detail", why.detail[:LONGEST_DETAIL].encode("utf-8", "replace")),
            ("millpond.topic", self._requests.encode()),
            ("millpond.partition", str(asked.partition).encode()),
            ("millpond.offset", str(asked.offset).encode()),
        ]

        def heard(error: KafkaError | None, _message: object) -> None:
            if error is not None and _is_too_large(error) and value is not None:
                # It stays where it is in the requests' topic, and the headers say where that is.
                self._bury(asked, DeadLetter(why.reason, f"{len(value)} bytes, not copied: {why.detail}"), None)
            else:
                self._heard(asked, error)

        self._produce(self._dead_letters, BY_KEY, value, asked, headers, heard)

    def _produce(
        self,
        topic: str,
        partition: int,
        value: bytes | None,
        asked: Asked,
        headers: list[Any],
        heard: Callable[[Any, Any], None],
    ) -> None:
        try:
            self._producer.produce(topic, value, asked.key, partition, heard, headers=headers or None)
        except KafkaException as failure:
            error = failure.args[0]
            if _is_too_large(error):
                heard(error, None)
                return
            raise StartOver(f"{topic}: {error}") from failure
        except BufferError as full:
            raise StartOver(f"{topic}: {full}") from full

    def _heard(self, asked: Asked, error: KafkaError | None) -> None:
        if error is None:
            self._delivered(asked)
        else:
            self._trouble = f"an answer was refused: {error}"

    def _failed(self, error: KafkaError) -> None:
        if error.fatal():
            self._trouble = f"the producer failed: {error}"
        else:
            self._seldom.warn("Kafka", error)

    def _partitions_of(self, topic: str) -> int:
        try:
            found = self._producer.list_topics(topic, timeout=METADATA_S).topics[topic]
        except KafkaException as failure:
            raise StartOver(f"{topic}: {failure}") from failure
        if not found.partitions:
            raise MillpondError(
                "there is no such topic", where=topic, mend="create it, or see `millpond enrich --help`"
            )
        return len(found.partitions)


def _is_too_large(error: KafkaError) -> bool:
    return error.code() in (KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE)
