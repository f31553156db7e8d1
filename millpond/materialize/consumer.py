"""The Kafka consumer of the materializers: one group an environment, with its places kept in the store."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from millpond.materialize.rows import Record
from millpond.materialize.seldom import Seldom
from millpond.plan.errors import MillpondError
from millpond.store.applied import TopicPart

BATCH: Final = 10_000
WAIT_S: Final = 0.1
# Flink writes in bursts, one a mini-batch and task. Reading a batch costs 0.4 ms a topic however small it is.
SMALL: Final = 500
LINGER_S: Final = 0.005

log = logging.getLogger("millpond.materialize")


def group_of(ns: str) -> str:
    """The consumer group of an environment's materializers."""
    return f"millpond.{ns}.materializer"


def _settings(kafka: str, ns: str) -> dict[str, Any]:
    return {
        "bootstrap.servers": kafka,
        "group.id": group_of(ns),
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        # Only where the place the store named is gone from the log: what is left of it is read.
        "auto.offset.reset": "earliest",
        "partition.assignment.strategy": "range",
        # A dead member's partitions move within this time; the broker's least is 6 s.
        "session.timeout.ms": 10_000,
        "heartbeat.interval.ms": 2_000,
        # Followed topics may be created after they are first asked for.
        "topic.metadata.refresh.interval.ms": 10_000,
        # A full queue is looked at again after this; the default of 1 s makes a rebuild stutter.
        "fetch.queue.backoff.ms": 20,
        "queued.max.messages.kbytes": 32_768,
        # Its log tells an outage twenty times a second; `error_cb` tells it once.
        "log_level": 2,
    }


class Inbox:
    """Reads the followed topics, from where it is told.

    Args:
        kafka: the brokers' addresses.
        ns: the environment.
        owned: called with the partitions that are ours from now on, whenever that changes.
        seldom: where outages are told.
    """

    def __init__(self, kafka: str, ns: str, owned: Callable[[Sequence[TopicPart]], None], seldom: Seldom) -> None:
        self._consumer = Consumer(_settings(kafka, ns) | {"error_cb": self._failed})
        self._owned = owned
        self._seldom = seldom
        self._subscribed: list[str] = []

    def subscribe(self, topics: Sequence[str]) -> None:
        """Follow these topics; the group then shares their partitions out anew."""
        if topics != self._subscribed:
            self._subscribed = list(topics)
            if not topics:
                self._consumer.unsubscribe()
                return
            self._consumer.subscribe(self._subscribed, on_assign=self._assigned, on_revoke=self._revoked)

    def continue_at(self, offsets: Mapping[TopicPart, int]) -> None:
        """Read these partitions, from these offsets, and no others; what was fetched before is dropped."""
        self._consumer.assign([TopicPartition(*part, offset) for part, offset in offsets.items()])

    def take(self) -> list[Record]:
        """What has come, at most BATCH records; waits up to WAIT_S where there is nothing, LINGER_S where it is little.

        Records that queue up while a batch is written make the next batch: small when idle, large when behind.

        Raises:
            MillpondError: the consumer failed for good.
        """
        messages = self._consumer.consume(BATCH, 0)
        if not messages:
            message = self._consumer.poll(WAIT_S)
            if message is None:
                return []
            messages = [message]
        if len(messages) < SMALL:
            messages += self._consumer.consume(BATCH - len(messages), LINGER_S)
        records: list[Record] = []
        for message in messages:
            error = message.error()
            if error is None:
                records.append(message)
            else:
                self._failed(error)
        return records

    def commit(self, offsets: Mapping[TopicPart, int], *, wait: bool = False) -> None:
        """Tell the group how far we are. For lag displays only: nothing ever starts there."""
        if not offsets:
            return
        places = [TopicPartition(*part, offset) for part, offset in offsets.items()]
        try:
            if wait:
                self._consumer.commit(offsets=places, asynchronous=False)
            else:
                self._consumer.commit(offsets=places, asynchronous=True)
        except KafkaException as failure:
            self._seldom.warn("offsets cannot be committed (only lag displays miss them)", failure)

    def close(self) -> None:
        """Leave the group at once, so that others take over without waiting for a timeout."""
        self._consumer.close()

    def _assigned(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        # Nothing is read until the places are known: see Positions.
        self._consumer.assign([])
        self._owned([TopicPart(tp.topic, tp.partition) for tp in partitions])

    def _revoked(self, _: Consumer, partitions: list[TopicPartition]) -> None:
        log.info("%d partitions were taken away", len(partitions))
        self._owned([])

    def _failed(self, error: KafkaError) -> None:
        if error.fatal():
            raise MillpondError(f"the Kafka consumer failed: {error}", mend="see the brokers' log; start it again")
        self._seldom.warn("Kafka", error)
