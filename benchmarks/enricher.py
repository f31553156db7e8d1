"""The enricher: from a payment that is due to its reply that can be read, own event included; and how many a second."""

import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from confluent_kafka import Consumer, Producer, TopicPartition

from benchmarks.events import Encoder, Keys, payments
from benchmarks.figures import Benchmark, Figures, figure, percentile
from benchmarks.rates import drain_of
from benchmarks.world import FLUSH_S, PARTITIONS, RUN, World, reading, send
from millpond.plan.errors import MillpondError
from millpond.plan.model import OwnEvent, Pool, SetPlan
from millpond.plan.names import enricher_group

TOPIC: Final = "bench.enriched"
NS: Final = "enriched"
HISTORY: Final = 50_000
RATE: Final = 500
WARM_UP_S: Final = 15
SECONDS: Final = 30
BACKLOG: Final = 30_000
GIVE_UP_S: Final = 60.0
BURST_S: Final = 0.002
DUE: Final = "due"  # the header that says when a request was due, ns


def run(world: World) -> Figures:
    """Live requests first, then a backlog of others."""
    world.cancel_all()
    world.store.flushall()
    keys = Keys().times(10)
    world.preload(TOPIC, HISTORY, keys)
    encoder = Encoder(_schema_id(world))
    job = world.deploy(NS, _over(world.enriched, TOPIC))
    figures: Figures = {}
    with world.materializer(NS):
        drain_of(world, NS, job).wait()
        delays, says = _live(world, encoder, keys)
        figures |= {f"p{p}_ms_at_{RATE}": figure([percentile(delays, p)], "ms") for p in (50, 99)}
        figures["slowest_ms"] = figure([max(delays)], "ms")
        figures["share_not_behind"] = figure([1 - says.count("behind") / len(says)])
        figures["share_usable"] = figure([sum(one in ("present", "empty", "capped") for one in says) / len(says)])
        figures["requests_per_second"] = figure([_backlog(world, encoder, keys)], "requests/s")
    return figures


def _over(pool: Pool, topic: str) -> Pool:
    """The same views and sets over another source topic."""
    import msgspec

    def moved(plan: SetPlan) -> SetPlan:
        if not isinstance(plan.own_event, OwnEvent):
            return plan
        return msgspec.structs.replace(plan, own_event=msgspec.structs.replace(plan.own_event, topic=topic))

    over = reading(pool, topic)
    return msgspec.structs.replace(over, sets=tuple(map(moved, over.sets)))


def _schema_id(world: World) -> int:
    from confluent_kafka.schema_registry import SchemaRegistryClient

    with SchemaRegistryClient({"url": world.stack.addresses.registry}) as registry:
        return int(registry.get_latest_version(f"{TOPIC}-value").schema_id or 0)


@contextmanager
def _enricher(world: World, name: str, requests: str, replies: str, begin: str) -> Iterator[None]:
    settings = world.settings(NS)
    folder = RUN / "enricher"
    folder.mkdir(parents=True, exist_ok=True)
    environ = {
        f"MILLPOND_{key.upper()}": getattr(settings, key) for key in ("ns", "kafka", "registry", "flink", "store")
    }
    argv = [sys.executable, "-m", "millpond.cli.main", "enrich", f"enriched.{name}", "--env", "dev"]
    world.stack.spawn(
        f"enricher-{name}", [*argv, "--requests", requests, "--replies", replies, "--from", begin], environ
    )
    try:
        yield
    finally:
        world.stack.stop(f"enricher-{name}")


def _live(world: World, encoder: Encoder, keys: Keys) -> tuple[list[float], list[str]]:
    """ms from due to read of each reply after the warm-up, and what its vector's status is."""
    replies = f"{TOPIC}.with-it"
    with _enricher(world, "with_it", TOPIC, replies, "latest"):
        group = enricher_group(NS, replies)  # whose first places are committed when it has them
        world.until("the enricher has begun", lambda: len(world.topics.committed(group, TOPIC)) == PARTITIONS)
        reader = _Replies(world.stack.addresses.kafka, replies)
        reader.start()
        began, count = time.time_ns() + 1_000_000_000, RATE * (WARM_UP_S + SECONDS)
        producer = Producer({"bootstrap.servers": world.stack.addresses.kafka, "linger.ms": 1, "acks": "all"})
        drawn = payments(count, keys=keys, start=0, seed=RATE)
        for number, one in enumerate(drawn):
            due = began + number * 1_000_000_000 // RATE
            ahead = (due - time.time_ns()) / 1e9
            if ahead > 0:
                time.sleep(max(ahead, BURST_S))
            payment = one._replace(event_id=f"live-{due}", made_at=due // 1_000_000)
            producer.produce(
                TOPIC,
                encoder.encode(payment),
                payment.card_id.encode(),
                timestamp=payment.made_at,
                headers=[(DUE, str(due).encode())],
            )
            producer.poll(0)
        producer.flush(FLUSH_S)
        reader.wait_for(count)
    since = began + WARM_UP_S * 1_000_000_000
    taken = [(seen - due, status) for due, seen, status in reader.seen if due >= since]
    return [ns / 1e6 for ns, _ in taken], [status for _, status in taken]


def _backlog(world: World, encoder: Encoder, keys: Keys) -> float:
    """Requests a second that one process answers of a topic that is full already."""
    requests, replies = f"{TOPIC}.asked", f"{TOPIC}.as-it-is"
    world.create_source(requests)
    producer = Producer({"bootstrap.servers": world.stack.addresses.kafka, "linger.ms": 50, "acks": "all"})
    for number, one in enumerate(payments(BACKLOG, keys=keys, start=world.began, seed=7)):
        send(producer, requests, encoder, one, partition=number % PARTITIONS)
    producer.flush(FLUSH_S)
    with _enricher(world, "as_it_is", requests, replies, "earliest"):
        world.until("the enricher has begun", lambda: bool(world.topics.ends(replies)))
        reader = _Replies(world.stack.addresses.kafka, replies)
        reader.start()
        reader.wait_for(BACKLOG)
    times = sorted(seen for _, seen, _ in reader.seen)
    edge = BACKLOG // 20  # the first and the last are of a process that begins and ends
    return (BACKLOG - 2 * edge) / ((times[-edge] - times[edge]) / 1e9)


class _Replies(threading.Thread):
    """Reads replies as they come.

    Attributes:
        seen: of each when it was due and when it was read (ns), and its status.
    """

    def __init__(self, kafka: str, topic: str) -> None:
        super().__init__(name="replies", daemon=True)
        self.seen: list[tuple[int, int, str]] = []
        self._stop_it = threading.Event()
        self._topic = topic
        self._consumer = Consumer({"bootstrap.servers": kafka, "group.id": "bench", "enable.auto.commit": False})

    def run(self) -> None:
        """Until told to stop."""
        parts = self._consumer.list_topics(self._topic, timeout=10).topics[self._topic].partitions
        self._consumer.assign([TopicPartition(self._topic, part, 0) for part in parts])
        while not self._stop_it.is_set():
            message = self._consumer.poll(0.1)
            if message is not None and message.error() is None:
                seen = time.time_ns()
                headers: Any = dict(message.headers() or ())
                self.seen.append((int(headers.get(DUE, b"0")), seen, _status(message.value() or b"")))
        self._consumer.close()

    def wait_for(self, count: int) -> None:
        """Until so many were read; then no more are.

        Raises:
            MillpondError: they do not come.
        """
        had, since = 0, time.monotonic()
        while len(self.seen) < count:
            time.sleep(0.05)
            if len(self.seen) > had:
                had, since = len(self.seen), time.monotonic()
            if time.monotonic() - since > GIVE_UP_S:
                raise MillpondError(f"{count - had} of {count} requests have no reply", mend="see the enricher's log")
        self._stop_it.set()
        self.join()


def _status(value: bytes) -> str:
    """The second field of a reply: behind the header and a long comes the number of an enum's symbol."""
    from millpond.serve import STATUSES

    at = 5
    while value[at] & 0x80:
        at += 1
    return STATUSES[value[at + 1] >> 1]


BENCHMARK: Final = Benchmark(
    name="enricher",
    what="`millpond enrich` in one process, twenty features of a card, a merchant and a device. "
    f"{RATE} payments a second that the job counts, for {SECONDS} s after {WARM_UP_S} s of warming up: from the "
    "instant one is due to the end of reading its reply, with the payment itself counted. "
    f"Then {BACKLOG:,} requests that wait in a topic, of a set that waits for nothing.",
    run=run,
)
