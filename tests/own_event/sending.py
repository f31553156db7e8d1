"""Sales by the clock: some customers' more than others', doubled, out of order, late, from the future, of nobody."""

import heapq
import random
import threading
import time
from collections.abc import Iterator
from itertools import count
from typing import Any, Final, NamedTuple

from confluent_kafka import KafkaException, Producer

from millpond.control.settings import Settings
from millpond.plan.clock import now_ms
from millpond.plan.windows import HOUR, MINUTE, SECOND
from tests.integration.enriching import SCHEMA, sale
from tests.integration.flink_world import wire

CUSTOMERS: Final = 400
STORES: Final = 3
HOT: Final = (0.45, 4)  # nearly half of the sales are these customers', each of them busier than a `cap`
WARM: Final = (0.20, 6)  # and of the others these, who become so within a tile
JUNK: Final = b"no sale"
FLUSH_S: Final = 60.0

# How far a sale's time lies before the instant it is sent (ms; negative: after), and how often.
SHIFTS: Final = {
    "out of order": (0.10, 1, 1_500),
    "late": (0.020, SECOND, 5 * MINUTE),
    "hours late": (0.005, HOUR, 20 * HOUR),
    "too late": (0.003, 25 * HOUR, 40 * HOUR),
    "ahead": (0.005, -30 * SECOND, -SECOND),
    "from the future": (0.003, -HOUR, -2 * MINUTE),
}
TIED: Final = 0.01  # of the very instant of the customer's sale before it
OF_NOBODY: Final = 0.01
UNREADABLE: Final = 0.002
COPIED: Final = 0.08
AT_ONCE: Final = 0.5  # of the copies; the others come until then, each when it likes:
COPIED_WITHIN_S: Final = 8.0
CHANGED: Final = 0.2  # of the copies: another amount, which does not count


class Sent(NamedTuple):
    """A record.

    Attributes:
        customer: by number; None of nobody's.
    """

    customer: int | None
    value: bytes


class Sales:
    """Draws sales.

    Args:
        schema_id: of their schema.
    """

    def __init__(self, schema_id: int, seed: int) -> None:
        self._schema_id = schema_id
        self._draw = random.Random(seed)
        self._number = 0
        self._last: dict[int | None, int] = {}

    def at(self, now: int) -> tuple[Sent, list[tuple[float, Sent]]]:
        """One that is sent now (ms), and its copies: in how many s each is due."""
        draw = self._draw
        self._number += 1
        customer = self._customer()
        if draw.random() < UNREADABLE:
            return Sent(customer, JUNK), []
        one = self._sale(customer, self._ts(customer, now))
        copies = []
        while draw.random() < COPIED:
            copy = {**one, "amount": one["amount"] + 1} if draw.random() < CHANGED else one
            within_s = 0.0 if draw.random() < AT_ONCE else draw.uniform(0, COPIED_WITHIN_S)
            copies.append((within_s, self._wired(customer, copy)))
        return self._wired(customer, one), copies

    def _customer(self) -> int | None:
        draw, first = self._draw, 0
        if draw.random() < OF_NOBODY:
            return None
        for share, many in (HOT, WARM):
            if draw.random() < share:
                return draw.randrange(first, first + many)
            first += many
        return draw.randrange(first, CUSTOMERS)

    def _ts(self, customer: int | None, now: int) -> int:
        if customer in self._last and self._draw.random() < TIED:
            return self._last[customer]
        at = self._draw.random()
        for share, least, most in SHIFTS.values():
            if at < share:
                return now - self._draw.randint(least, most)
            at -= share
        self._last[customer] = now
        return now

    def _sale(self, customer: int | None, ts: int) -> dict[str, Any]:
        name = None if customer is None else f"c{customer}"
        store, cents = self._draw.randrange(STORES), self._draw.randrange(1, 99_999)
        return sale(self._number, ts, customer=name, store=store, cents=cents)

    def _wired(self, customer: int | None, one: dict[str, Any]) -> Sent:
        return Sent(customer, wire(self._schema_id, SCHEMA, one))


class Sending(threading.Thread):
    """Sends sales at a rate until it is told to stop.

    Args:
        topic: of them; a customer's are all in one partition.
        rate: records a second, copies too.

    Attributes:
        count: how many records were sent.
        failure: why it ended before that; None where it did not.
    """

    def __init__(self, settings: Settings, sales: Sales, topic: str, partitions: int, rate: float) -> None:
        super().__init__(name="sales", daemon=True)
        self.count = 0
        self.failure: Exception | None = None
        self._sales, self._topic, self._partitions, self._rate = sales, topic, partitions, rate
        self._kafka = settings.kafka
        self._stop_it = threading.Event()

    def run(self) -> None:
        """Until told to stop."""
        try:
            producer = Producer({"bootstrap.servers": self._kafka, "linger.ms": 1, "enable.idempotence": True})
            began = time.monotonic()
            coming = self._coming()
            while not self._stop_it.wait(max(0.0, began + self.count / self._rate - time.monotonic())):
                self._send(producer, next(coming))
            if producer.flush(FLUSH_S):
                raise KafkaException(f"records were not delivered within {FLUSH_S:.0f} s")
        except Exception as failure:  # noqa: BLE001 - it is raised where it is waited for
            self.failure = failure

    def stop(self) -> int:
        """Send no more.

        Returns:
            How many lie in the topic.
        """
        self._stop_it.set()
        self.join()
        if self.failure is not None:
            raise self.failure
        return self.count

    def _coming(self) -> Iterator[Sent]:
        """What is due first, again and again: a copy, or the next sale, of that instant."""
        copies: list[tuple[float, int, Sent]] = []
        numbers = count()
        while True:
            if copies and copies[0][0] <= time.monotonic():
                yield heapq.heappop(copies)[2]
                continue
            one, more = self._sales.at(now_ms())
            for within_s, copy in more:
                heapq.heappush(copies, (time.monotonic() + within_s, next(numbers), copy))
            yield one

    def _send(self, producer: Producer, sent: Sent) -> None:
        key = None if sent.customer is None else b"c%d" % sent.customer
        partition = (self.count if sent.customer is None else sent.customer) % self._partitions
        producer.produce(self._topic, sent.value, key, partition, on_delivery=_must_be_delivered)
        producer.poll(0)
        self.count += 1


def _must_be_delivered(error: Any, _: object) -> None:
    if error is not None:
        raise KafkaException(error)
