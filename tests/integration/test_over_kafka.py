"""An open loop over a real Kafka: every request is timed by its own reply, and what is missing or foreign is said."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from confluent_kafka import Consumer, Producer

from benchmarks.open_loop import poisson
from benchmarks.over_kafka import NUMBER, Record, over_kafka
from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics
from millpond.plan.errors import MillpondError
from tests.integration.flink_world import Record as Sent
from tests.integration.flink_world import consume, produce

PARTITIONS: Final = 2
COUNT: Final = 300


@contextmanager
def answering(
    settings: Settings, requests: str, replies: str, *, but: frozenset[bytes] = frozenset()
) -> Iterator[None]:
    """Sends each request back as its reply, twice, with its key and headers; but not those of some values."""
    stop = threading.Event()
    producer = Producer({"bootstrap.servers": settings.kafka, "linger.ms": 0})
    consumer = Consumer({"bootstrap.servers": settings.kafka, "group.id": requests, "auto.offset.reset": "earliest"})
    consumer.subscribe([requests])

    def work() -> None:
        while not stop.is_set():
            if (asked := consumer.poll(0.05)) is not None and asked.value() not in but:
                assert asked.error() is None
                for _ in range(2):
                    producer.produce(replies, asked.value(), asked.key(), headers=asked.headers())
                producer.poll(0)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        producer.flush(30)
        consumer.close()


@pytest.fixture
def topics(settings: Settings, request: pytest.FixtureRequest) -> tuple[str, str]:
    """Of requests and of replies; in the latter lie replies of another day."""
    name = request.node.name.replace("[", ".").replace("]", "")
    both = f"{settings.ns}.{name}.requests", f"{settings.ns}.{name}.replies"
    Topics(settings.kafka).create(
        [Topic(name=topic, partitions=PARTITIONS, config={"retention.ms": "-1"}) for topic in both]
    )
    produce(settings, both[1], [Sent(value=b"old", headers=((NUMBER, b"0"),))] * 4)
    return both


def record(number: int) -> Record:
    return Record(f"key-{number % 7}".encode(), f"value-{number}".encode())


def test_every_request_is_sent_once_and_timed_until_its_reply(settings: Settings, topics: tuple[str, str]) -> None:
    requests, replies = topics
    with answering(settings, requests, replies):
        answered = over_kafka(
            settings.kafka, record, poisson(500, COUNT / 500, seed=1), requests=requests, replies=replies
        )
    assert len(answered.latencies) == COUNT
    sent = [(one.key(), one.value(), dict(one.headers() or [])) for one in consume(settings, requests)]
    expected = [(*record(n), {NUMBER: str(n).encode()}) for n in range(COUNT)]
    assert sorted(sent, key=repr) == sorted(expected, key=repr)


def test_a_request_without_a_reply_is_named(settings: Settings, topics: tuple[str, str]) -> None:
    requests, replies = topics
    with (
        answering(settings, requests, replies, but=frozenset({record(2).value})),
        pytest.raises(MillpondError, match="1 of 4 requests were not answered, first 2"),
    ):
        over_kafka(settings.kafka, record, [0, 1, 2, 3], requests=requests, replies=replies, give_up_s=10)


def test_a_reply_that_lost_the_headers_is_refused(settings: Settings, topics: tuple[str, str]) -> None:
    _, replies = topics

    def strange(number: int) -> Record:
        produce(settings, replies, [Sent(value=b"of someone else")])
        return record(number)

    with pytest.raises(MillpondError, match=rf"{replies}, partition 0, offset 4: a reply has no header '{NUMBER}'"):
        over_kafka(settings.kafka, strange, [0], requests=topics[0], replies=replies)


def test_a_topic_that_does_not_exist_is_refused(settings: Settings) -> None:
    with pytest.raises(MillpondError, match="no such topic"):
        over_kafka(settings.kafka, record, [0], requests="nowhere.requests", replies="nowhere.replies")
