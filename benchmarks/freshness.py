"""Freshness: from an event's creation to the first read that counts it, at steady rates."""

import threading
import time
from collections import deque
from collections.abc import Iterator
from typing import Final

from confluent_kafka import Producer

from benchmarks.events import Encoder, Keys, Payment, payments
from benchmarks.figures import Benchmark, Figures, figure, percentile
from benchmarks.world import FLUSH_S, PARTITIONS, World, reading, send
from millpond.plan.errors import MillpondError
from millpond.serve import OpenSet, Reader

TOPIC: Final = "bench.live"
NS: Final = "live"
RATES: Final = (1_000, 3_000)
WARM_UP_S: Final = 15
SECONDS: Final = 30
PROBES_PER_SECOND: Final = 50
GIVE_UP_S: Final = 30.0
# Looking and sending share the machine with what they measure; both make figures worse by as much, never better.
LOOK_EVERY_S: Final = 0.005
BURST_S: Final = 0.002


class Sender(threading.Thread):
    """Sends payments by the clock; every so many has a card, a merchant and a device of its own: a probe.

    An event is created when it is due, also where it is sent later: a slow sender makes figures worse, never better.
    """

    def __init__(self, producer: Producer, encoder: Encoder, rate: int) -> None:
        super().__init__(name="sender", daemon=True)
        self._producer = producer
        self._encoder = encoder
        self._rate = rate
        self.probes: deque[tuple[str, int]] = deque()  # its keys' number, created (ns)
        self.error: Exception | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        """Send them all, or until told to stop."""
        try:
            self._send_all()
        except Exception as error:  # noqa: BLE001 - raised by the thread that waits for this one
            self.error = error

    def _send_all(self) -> None:
        began, count = time.time_ns(), self._rate * (WARM_UP_S + SECONDS)
        for i, drawn in enumerate(payments(count, keys=Keys(), start=0, seed=self._rate)):
            due = began + i * 1_000_000_000 // self._rate
            ahead = (due - time.time_ns()) / 1e9
            if ahead > 0:
                time.sleep(max(ahead, BURST_S))
            if self.stop.is_set():
                return
            payment = drawn._replace(event_id=f"live-{due}", made_at=due // 1_000_000)
            if i % (self._rate // PROBES_PER_SECOND) == 0:
                number = f"{self._rate}-{i}"
                payment = _probe(payment, number)
                if i >= self._rate * WARM_UP_S:
                    self.probes.append((number, due))
            send(self._producer, TOPIC, self._encoder, payment, partition=i % PARTITIONS)
        self._producer.flush(FLUSH_S)


def _probe(payment: Payment, number: str) -> Payment:
    return payment._replace(card_id=f"c-{number}", merchant_id=f"m-{number}", device_id=f"d-{number}")


def run(world: World) -> Figures:
    """One rate after the other, on one job."""
    world.cancel_all()
    world.store.flushall()
    encoder = world.create_source(TOPIC)
    world.deploy(NS, reading(world.pool, TOPIC))
    producer = Producer({"bootstrap.servers": world.stack.addresses.kafka, "linger.ms": 1, "acks": "all"})
    figures: Figures = {}
    with world.materializer(NS), Reader.connect(world.stack.addresses.store, ns=NS) as reader:
        fraud = reader.open("payments.fraud", version=1)
        for rate in RATES:
            delays = _measure(world, fraud, Sender(producer, encoder, rate))
            figures |= {f"p{p}_ms_at_{rate}": figure([percentile(delays, p)], "ms") for p in (50, 99)}
            figures[f"slowest_ms_at_{rate}"] = figure([max(delays)], "ms")
            world.say(f"  {rate:,} events/s: {len(delays):,} watched")
    return figures


def _measure(world: World, fraud: OpenSet, sender: Sender) -> list[float]:
    """ms from created to the first read in which every level of all three entities counts the event."""
    counts = [i for i, name in enumerate(fraud.names) if "payments_" in name]
    waiting: dict[str, int] = {}
    delays: list[float] = []
    sender.start()
    try:
        for _ in _until_sent(world, sender, waiting):
            time.sleep(LOOK_EVERY_S)
            if not waiting:
                continue
            asked = list(waiting)
            vectors = fraud.read_many(
                [{"card_id": f"c-{n}", "merchant_id": f"m-{n}", "device_id": f"d-{n}"} for n in asked], timeout_ms=1_000
            )
            seen = time.time_ns()
            for number, vector in zip(asked, vectors, strict=True):
                values = vector.values
                if all(values[i] for i in counts):
                    delays.append((seen - waiting.pop(number)) / 1e6)
    finally:
        sender.stop.set()
        sender.join()
    if sender.error is not None:
        raise sender.error
    if waiting or not delays:
        raise MillpondError(
            f"{len(waiting)} of {len(delays) + len(waiting)} events never became readable",
            mend="see the materializer's log",
        )
    return delays


def _until_sent(world: World, sender: Sender, waiting: dict[str, int]) -> Iterator[None]:
    """Once a look: hands over what was sent meanwhile, until all of it was seen or given up."""
    ended: float | None = None
    while sender.is_alive() or sender.probes or waiting:
        world.stack.check()
        while sender.probes:
            number, created = sender.probes.popleft()
            waiting[number] = created
        if not sender.is_alive():
            ended = ended or time.monotonic()
            if time.monotonic() - ended > GIVE_UP_S:
                return
        yield


BENCHMARK: Final = Benchmark(
    name="freshness",
    what="From the instant an event is due at its producer to the end of the first read that counts it in every level "
    f"of its card, merchant and device: {' and '.join(f'{rate:,}' for rate in RATES)} events a second with 9 tile "
    f"updates each, {PROBES_PER_SECOND} of them watched, for {SECONDS} s after {WARM_UP_S} s of warming up.",
    run=run,
)
