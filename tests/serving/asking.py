"""Sends events at an even pace, each of which is a request, too; as many of a few busy households as of all others."""

import random
import threading
import time
import zlib
from typing import Final

from millpond.control.source_topic import PARTITIONS
from millpond.demo.encode import LineEncoder
from millpond.demo.lines import Line
from millpond.demo.replay import Record
from millpond.plan.clock import now_ms
from tests.faults.sending import WatchedProducer

HOUSEHOLDS, BUSY, STORES = 150, 20, 100
COPY_EVERY: Final = 20  # events are sent twice, at once, as a producer does that heard no answer
Request = dict[str, int | str]


class Asking(threading.Thread):
    """Sends until told to stop.

    Attributes:
        lines: what was sent, by number.
        error: what went wrong.
    """

    def __init__(self, producer: WatchedProducer, encoder: LineEncoder, *, rate: float, seed: int) -> None:
        super().__init__(name="asking", daemon=True)
        self._producer, self._encoder, self._rate = producer, encoder, rate
        self._draw = random.Random(seed)
        self._last: dict[int, int] = {}
        self.lines: dict[int, Line] = {}
        self.error: BaseException | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        """Send, and at last wait until the broker has everything."""
        try:
            due = time.monotonic()
            while not self.stop.is_set():
                due += 1 / self._rate
                while (wait := due - time.monotonic()) > 0:
                    time.sleep(min(wait, 0.005))
                    self._producer.hear()
                self._send()
            self._producer.flush()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for this one
            self.error = error

    def _send(self) -> None:
        draw, number = self._draw, len(self.lines) + 1
        household = draw.randint(1, BUSY if draw.random() < 0.5 else HOUSEHOLDS)
        # An instant of its own for each event of a household: of two in one nobody knows which is the later.
        ts = self._last[household] = max(now_ms(), self._last.get(household, 0) + 1)
        store = store_of(household, draw.randrange(3))
        line = (number, ts, household, store, f"b{number}", "p", 1, draw.randint(1, 9_999), draw.randint(0, 99), 0)
        self.lines[number] = line
        value = self._encoder.encode(line, event_id=str(number), sold_at=ts)
        key = str(household).encode()
        record = Record(zlib.crc32(key) % PARTITIONS, key, value, ts, number=number)
        for _ in range(2 if number % COPY_EVERY == 0 else 1):
            self._producer.send(record)


def store_of(household: int, which: int) -> int:
    """One of the three stores that a household goes to."""
    return 1 + (household * 7 + which * 31) % STORES


def requests(draw: random.Random) -> list[Request]:
    """Whom readers ask for: busy households, others, and some that nobody met."""
    met = [*range(1, BUSY + 1), *draw.sample(range(BUSY + 1, HOUSEHOLDS + 1), 40)]
    some: list[Request] = [{"household_id": each, "store_id": store_of(each, draw.randrange(3))} for each in met]
    return [*some, {"household_id": 10**6, "store_id": 1}, {"household_id": 1, "store_id": 10**6}]
