"""The requests of the partitions that are ours: a consumer group a service, which commits what was answered."""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from millpond.materialize.seldom import Seldom
from millpond.services import From
from millpond.services.outbox import StartOver

ASK_S: Final = 10.0

log = logging.getLogger("millpond.services")


def _settings(kafka: str, group: str) -> dict[str, Any]:
    return {
        "bootstrap.servers": kafka,
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        # Only where a committed place is gone from the log: what is left of it is answered.
        "auto.offset.reset": "earliest",
        # A member that comes or goes stops no partition but those that move.
        "partition.assignment.strategy": "cooperative-sticky",
        # A dead member's partitions move within this time; the broker's least is 6 s.
        "session.timeout.ms": 10_000,
        "heartbeat.interval.ms": 2_000,
        "topic.metadata.refresh.interval.ms": 10_000,
        "fetch.queue.backoff.ms": 20,
        "fetch.wait.max.ms": 100,
        "queued.max.messages.kbytes": 32_768,
        # Its log tells an outage twenty times a second; `error_cb` tells it once.
        "log_level": 2,
    }


class Inbox:
    """Takes requests.

    Args:
        kafka: the brokers' addresses.
        topic: of the requests.
        group: the consumer group.
        begin: where a partition begins of which nothing was committed yet.
        back_ms: how much of a partition that becomes ours is taken from before its place, to be looked at only.
        now: the wall clock, ms.
        assigned: called with the partitions that become ours, and their places.
        revoked: called with those that are taken away; with True where they are ours no more.
        seldom: where outages are told.
    """

    def __init__(
        self,
        kafka: str,
        topic: str,
        group: str,
        *,
        begin: From,
        back_ms: int,
        now: Callable[[], int],
        assigned: Callable[[Mapping[int, int]], None],
        revoked: Callable[[Sequence[int], bool], None],
        seldom: Seldom,
    ) -> None:
        self._topic = topic
        self._begin = begin
        self._back_ms = back_ms
        self._now = now
        self._on_assigned = assigned
        self._on_revoked = revoked
        self._seldom = seldom
        self._trouble: Exception | None = None
        self._is_paused = False
        self._consumer = Consumer(_settings(kafka, group) | {"error_cb": self._failed, "on_commit": self._committed})
        self._consumer.subscribe([topic], on_assign=self._assigned, on_revoke=self._revoked, on_lost=self._lost)

    def take(self, wait_s: float, most: int) -> "Iterator[Message[bytes, bytes]]":
        """What has come, one after the other, at most so many; waits where there is nothing.

        One by one: no rebalance can fall between a message's leaving the client and its being taken.

        Raises:
            StartOver: the consumer failed for good.
        """
        for _ in range(most):
            message = self._consumer.poll(wait_s)
            if self._trouble is not None:
                raise self._trouble
            if message is None:
                return
            wait_s = 0.0
            error = message.error()
            if error is None:
                yield message
            else:
                self._failed(error)

    def pause(self, *, is_full: bool) -> None:
        """Take nothing more while there is too much on its way."""
        if is_full == self._is_paused:
            return
        parts = self._consumer.assignment()
        if is_full:
            self._consumer.pause(parts)
        else:
            self._consumer.resume(parts)
        self._is_paused = is_full

    def commit(self, places: Mapping[int, int], *, wait: bool = False) -> bool:
        """Commit the places of some partitions; False where that failed: it is done again with the next."""
        if not places:
            return True
        offsets = [TopicPartition(self._topic, partition, place) for partition, place in places.items()]
        try:
            if wait:
                self._consumer.commit(offsets=offsets, asynchronous=False)
            else:
                self._consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as failure:
            self._seldom.warn(
                "offsets cannot be committed: after a restart what was answered is answered again", failure
            )
            return False
        return True

    def close(self) -> None:
        """Leave the group at once, so that others take over without waiting for a timeout."""
        self._consumer.close()

    # --- callbacks: an exception in one of them would be lost in the client, and is raised by `take` ---

    def _assigned(self, consumer: Consumer, parts: list[TopicPartition]) -> None:
        try:
            places = self._places(parts) if parts else {}
            self._on_assigned(places)
            looked_at = self._looked_at_from(places)
            starts = [
                TopicPartition(self._topic, p, min(place, looked_at.get(p, place))) for p, place in places.items()
            ]
            consumer.incremental_assign(starts)
            if self._is_paused:
                consumer.pause(starts)
            log.info("continues at %s", dict(sorted(places.items())) or "nothing")
        except (KafkaException, StartOver) as failure:
            self._trouble = failure if isinstance(failure, StartOver) else StartOver(str(failure))

    def _places(self, parts: list[TopicPartition]) -> dict[int, int]:
        """Where the partitions are to be continued."""
        found = {}
        for part in self._consumer.committed(parts, timeout=ASK_S):
            if part.error is not None:
                raise StartOver(f"{part}: {part.error}")
            low, high = self._consumer.get_watermark_offsets(part, timeout=ASK_S)
            if part.offset < 0:
                place = low if self._begin == "earliest" else high
                # From now on its place is known: what comes before the next commit is not lost either.
                self._consumer.commit(offsets=[TopicPartition(self._topic, part.partition, place)], asynchronous=False)
            else:
                # Beyond its end it is of a topic that was made anew.
                place = part.offset if low <= part.offset <= high else low
            found[part.partition] = place
        return found

    def _looked_at_from(self, places: Mapping[int, int]) -> dict[int, int]:
        if not (self._back_ms and places):
            return {}
        since = self._now() - self._back_ms
        asked = [TopicPartition(self._topic, partition, since) for partition in places]
        found = self._consumer.offsets_for_times(asked, timeout=ASK_S)
        return {part.partition: part.offset for part in found if part.error is None and part.offset >= 0}

    def _revoked(self, _: Consumer, parts: list[TopicPartition]) -> None:
        self._told([part.partition for part in parts], is_lost=False)

    def _lost(self, _: Consumer, parts: list[TopicPartition]) -> None:
        self._told([part.partition for part in parts], is_lost=True)

    def _told(self, partitions: Sequence[int], *, is_lost: bool) -> None:
        try:
            self._on_revoked(partitions, is_lost)
        except StartOver as failure:
            self._trouble = failure

    def _failed(self, error: KafkaError) -> None:
        if error.fatal():
            self._trouble = StartOver(f"the consumer failed: {error}")
        else:
            self._seldom.warn("Kafka", error)

    def _committed(self, error: KafkaError | None, _parts: object) -> None:
        if error is not None:
            self._seldom.warn("offsets were not committed: after a restart what was answered is answered again", error)
