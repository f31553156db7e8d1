"""Requests over Kafka in an open loop: produced when they are due, answered when the reply is readable."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple

from confluent_kafka import Consumer, KafkaException, Message, Producer, TopicPartition

from benchmarks.open_loop import GIVE_UP_S, Answered, elsewhere
from millpond.control.topics import Topics
from millpond.plan.errors import MillpondError

NUMBER: Final = "correlation-id"
"""The header that replies keep, and that tells them apart."""

LOOK_S: Final = 0.05  # a look returns at once where there is something
BATCH: Final = 1_000
FLUSH_S: Final = 30.0


class Record(NamedTuple):
    """A request as it is sent."""

    key: bytes | None
    value: bytes


def over_kafka(
    kafka: str,
    record: Callable[[int], Record],
    instants: Sequence[int],
    *,
    requests: str,
    replies: str,
    give_up_s: float = GIVE_UP_S,
) -> Answered:
    """Send a request at each instant, and time each until a consumer of this process has its reply.

    Args:
        kafka: bootstrap servers.
        record: the request of a number; called when it is due, so it had better be quick.
        instants: when each is due, in ns from now on.
        requests, replies: the topics; a reply keeps the headers of its request.
        give_up_s: how long after the last request was due, or the last reply came, others are waited for.

    Raises:
        MillpondError: a request was not answered; a reply is to none of them.
        KafkaException: a request was not taken, or replies cannot be read.
    """
    producer = Producer({"bootstrap.servers": kafka, "linger.ms": 0, "acks": "all", "enable.idempotence": True})

    def ask(number: int) -> None:
        key, value = record(number)
        headers: list[tuple[str, str | bytes | None]] = [(NUMBER, str(number).encode())]
        producer.produce(requests, value, key, headers=headers, on_delivery=_must_be_delivered)
        producer.poll(0)

    with _reading(kafka, replies) as consumer:
        try:
            return elsewhere(ask, lambda: _numbers(consumer), instants, give_up_s=give_up_s)
        finally:
            producer.flush(FLUSH_S)


@contextmanager
def _reading(kafka: str, topic: str) -> Iterator[Consumer]:
    """A consumer of what comes from now on: its places are known before anything is asked."""
    ends = Topics(kafka).ends(topic)
    if not ends:
        raise MillpondError("there is no such topic", where=topic, mend="create it, then start what replies")
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": f"{topic}.reader", "enable.auto.commit": False})
    try:
        consumer.assign([TopicPartition(topic, partition, end) for partition, end in enumerate(ends)])
        yield consumer
    finally:
        consumer.close()


def _numbers(consumer: Consumer) -> list[int]:
    """Of the replies that came. `consume` alone waits for a whole batch of them, or for its time to pass."""
    first = consumer.poll(LOOK_S)
    return [] if first is None else [_number(one) for one in [first, *consumer.consume(BATCH, 0)]]


def _number(reply: Message) -> int:
    if (error := reply.error()) is not None:
        raise KafkaException(error)
    headers: dict[str, Any] = dict(reply.headers() or [])
    if NUMBER not in headers:
        raise MillpondError(
            f"a reply has no header {NUMBER!r}",
            where=f"{reply.topic()}, partition {reply.partition()}, offset {reply.offset()}",
            mend="nobody else may use these topics; a reply keeps its request's headers",
        )
    return int(headers[NUMBER])


def _must_be_delivered(error: Any, _: Message) -> None:
    if error is not None:
        raise KafkaException(error)
