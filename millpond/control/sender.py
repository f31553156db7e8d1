"""Sends records with timestamps of their own, in order; what is not delivered is an error."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Final

from confluent_kafka import Producer

from millpond.plan.errors import MillpondError

FLUSH_S: Final = 120.0
FLUSH_STEP_S: Final = 0.2
ABANDON_S: Final = 1.0
HEAR_EVERY: Final = 1_000  # records
BY_KEY: Final = -1  # librdkafka's name for a partition that the key decides

Answer = Callable[[Any, Any], None]
"""What is called with the broker's answer to a record: its error, or None, and the record as the broker has it."""


class Sender:
    """An idempotent producer: of each partition, the order sent is the order kept, and nothing is kept twice.

    Attributes:
        count: records handed over.
    """

    def __init__(self, kafka: str, *, linger_ms: float = 20) -> None:
        self.count = 0
        self._failed: list[tuple[str, str]] = []
        self._kafka = kafka
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": linger_ms,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 200_000,
                "delivery.timeout.ms": 120_000,
                "log_level": 0,  # what is not delivered is told by produce, hear and flush
            }
        )

    def produce(
        self,
        topic: str,
        *,
        key: bytes | None,
        value: bytes | None,
        timestamp: int,
        partition: int = BY_KEY,
        headers: Sequence[tuple[str, str | bytes | None]] = (),
        on_delivery: Answer | None = None,
    ) -> None:
        """Hand a record over; waits while the buffer is full.

        Args:
            timestamp: ms UTC.
            on_delivery: what hears the broker's answer, and tells `answered` of it.

        Raises:
            MillpondError: an earlier record was not delivered.
        """
        while True:
            try:
                self._producer.produce(
                    topic,
                    value=value,
                    key=key,
                    partition=partition,
                    timestamp=timestamp,
                    headers=list(headers) or None,
                    on_delivery=on_delivery or self.answered,
                )
                break
            except BufferError:
                self.hear(0.1)
        self.count += 1
        if self.count % HEAR_EVERY == 0:
            self.hear()

    def answered(self, error: Any, message: Any) -> None:
        """Note the broker's answer to a record."""
        if error is not None:
            self._failed.append((message.topic(), error.str()))

    def hear(self, wait_s: float = 0) -> None:
        """Take what the broker has answered so far, or answers within some seconds.

        Raises:
            MillpondError: an earlier record was not delivered.
        """
        self._producer.poll(wait_s)
        self._check()

    def flush(self, check: Callable[[], None] = lambda: None) -> None:
        """Wait until everything is delivered.

        Args:
            check: called now and then; looks after the broker, for one.

        Raises:
            MillpondError: something was not.
        """
        deadline = time.monotonic() + FLUSH_S
        while (left := self._producer.flush(FLUSH_STEP_S)) and time.monotonic() < deadline:
            check()
        self._check()
        if left:
            raise MillpondError(
                f"{left} records were not delivered in {FLUSH_S:.0f} s", where=self._kafka, mend="see the broker's log"
            )

    def abandon(self) -> None:
        """Throw away what was not sent yet."""
        self._producer.purge()
        self._producer.flush(ABANDON_S)

    def _check(self) -> None:
        if self._failed:
            topic, error = self._failed[0]
            raise MillpondError(f"a record was not delivered: {error}", where=topic, mend="see the broker's log")
