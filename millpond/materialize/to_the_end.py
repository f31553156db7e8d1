"""What a topic holds now: every record up to its present end."""

import time
from collections.abc import Iterable, Iterator
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from millpond.plan.errors import MillpondError

BATCH: Final = 5_000
WAIT_S: Final = 0.2  # it waits for a whole batch, and Ctrl-C waits with it


def records(kafka: str, topic: str, *, group: str, silence_s: float, since_ms: int | None = None) -> Iterator[Message]:
    """Every record of a topic up to its present end, in offset order within a partition.

    Args:
        kafka: bootstrap servers.
        group: what the broker knows the reader by; nothing is committed for it.
        silence_s: how long the broker may say nothing.
        since_ms: records before the first one of a partition that has this time (ms) or a later one are left out.

    Raises:
        MillpondError: there is no such topic, it cannot be read, or the broker fell silent.
    """
    consumer = Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": group,
            "enable.auto.commit": False,
            "enable.partition.eof": True,
            "auto.offset.reset": "earliest",
            "log_level": 0,
        }
    )
    try:
        yield from _records(consumer, topic, silence_s, since_ms)
    except KafkaException as cause:
        raise MillpondError(f"it cannot be read: {cause}", where=topic, mend="see `millpond status`") from cause
    finally:
        consumer.close()


def _records(consumer: Consumer, topic: str, silence_s: float, since_ms: int | None) -> Iterator[Message]:
    left = set(consumer.list_topics(topic, timeout=silence_s).topics[topic].partitions)
    if not left:
        raise MillpondError("there is no such topic", where=topic, mend="see `millpond status`")
    consumer.assign(_starts(consumer, topic, left, silence_s, since_ms))
    heard = time.monotonic()
    while left:
        messages = consumer.consume(BATCH, WAIT_S)
        if messages:
            heard = time.monotonic()
        elif time.monotonic() - heard > silence_s:
            raise MillpondError("the broker fell silent", where=topic, mend="see the broker's log")
        for message in messages:
            error = message.error()
            if error is None:
                yield message
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001  the name librdkafka gives it
                # The end is told as an event: the last offsets of a compacted topic may hold no record.
                left.discard(message.partition())
            else:
                raise KafkaException(error)


def _starts(
    consumer: Consumer, topic: str, partitions: Iterable[int], silence_s: float, since_ms: int | None
) -> list[TopicPartition]:
    if since_ms is None:
        return [TopicPartition(topic, partition, 0) for partition in partitions]
    # Of a partition that has no such record it gives the end, from which what comes meanwhile is read.
    return consumer.offsets_for_times(
        [TopicPartition(topic, partition, since_ms) for partition in partitions], timeout=silence_s
    )
