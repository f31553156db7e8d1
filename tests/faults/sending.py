"""Sends a run's history at an even pace, and markers beside it; remembers when each line was sent and acknowledged."""

import threading
import time
from collections.abc import Callable
from typing import Any, Final

from millpond.control.source_topic import PARTITIONS
from millpond.demo.encode import LineEncoder
from millpond.demo.lines import Line, Lines
from millpond.demo.replay import Record, Replay, SourceProducer
from millpond.plan.clock import now_ms
from millpond.serve import OpenSet
from tests.faults.judge import Delivered
from tests.faults.reading import SharedInstant

OWN_LANE: Final = PARTITIONS  # from here on: lanes of single lines, see judge.py
FIRST_MARKER: Final = 1_000_000_000
MARKER_STORES: Final = 1_000_000
MARKER_EVERY_S: Final = 1.0
MARKER_TIMEOUT_MS: Final = 200
SLOW_S: Final = 2.0  # a marker that took longer was held up


class WatchedProducer(SourceProducer):
    """Remembers of every line when its sending began and when the broker had it, by the wall clock in ms."""

    def __init__(self, kafka: str, topic: str) -> None:
        super().__init__(kafka, topic, linger_ms=5)
        self.began: dict[int, int] = {}
        self.ended: dict[int, int] = {}
        self.partitions: dict[int, list[int]] = {}

    def send(self, record: Record) -> None:
        """Hand a record over."""
        if record.number:
            self.began.setdefault(record.number, now_ms())
            self.partitions.setdefault(record.number, []).append(record.partition)
        super().send(record)

    def on_delivery(self, record: Record) -> Callable[[Any, Any], None]:
        """What is called with the broker's answer to a record."""
        heard = super().on_delivery(record)

        def note(error: Any, message: Any) -> None:
            heard(error, message)
            if error is None and record.number:
                self.ended.setdefault(record.number, now_ms())

        return note

    def delivered(self, lines: dict[int, Line]) -> list[Delivered]:
        """Every line, in the order of sending."""
        found = []
        for number, began in self.began.items():
            first, *copies = self.partitions[number]
            lane = OWN_LANE + number if any(copy != first for copy in copies) else first
            found.append(Delivered(lines[number], began, self.ended[number], lane))
        return found


class Sending(threading.Thread):
    """Sends the history in so many seconds.

    Attributes:
        error: what went wrong.
        stop: set to end early.
    """

    def __init__(
        self, replay: Replay, lines: Lines, producer: WatchedProducer, instant: SharedInstant, *, seconds: float
    ) -> None:
        super().__init__(name="sending", daemon=True)
        self._replay = replay
        self._lines = lines
        self._producer = producer
        self._instant = instant
        self._pace = lines.count / seconds
        self.error: BaseException | None = None
        self.stop = threading.Event()
        self.took_s = 0.0

    def run(self) -> None:
        """Send everything, or until told to stop."""
        try:
            began = time.monotonic()
            for record in self._replay.segment(0, self._lines.count):
                if self.stop.is_set():
                    return
                self._wait(began + record.number / self._pace if record.number else 0)
                self._instant.now = self._replay.now
                self._producer.send(record)
            self._producer.flush()
            self.took_s = time.monotonic() - began
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for this one
            self.error = error

    def _wait(self, due: float) -> None:
        while (wait := due - time.monotonic()) > 0:
            self._producer.hear()
            time.sleep(min(wait, 0.005))


class Markers(threading.Thread):
    """Sends an event of its own every second and looks for it until it is readable, and usable.

    Attributes:
        lines: the markers as lines, for the oracle.
        seen: (sent, readable), by the monotonic clock in seconds; readable is None while it is not.
    """

    def __init__(self, opened: OpenSet, encoder: LineEncoder, producer: SourceProducer, instant: SharedInstant) -> None:
        super().__init__(name="markers", daemon=True)
        self._opened = opened
        self._encoder = encoder
        self._producer = producer
        self._instant = instant
        self._counts = [place for place, name in enumerate(opened.names) if ".lines_" in name]
        self.lines: list[Line] = []
        self.seen: list[tuple[float, float | None]] = []
        self.error: BaseException | None = None
        self.sending = threading.Event()
        self.sending.set()
        self.stop = threading.Event()

    def run(self) -> None:
        """Until told to stop."""
        try:
            due = 0.0
            while not self.stop.wait(0.02):
                if self.sending.is_set() and time.monotonic() >= due:
                    due = time.monotonic() + MARKER_EVERY_S
                    self._send()
                self._producer.hear()
                self._look()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits for this one
            self.error = error

    def _send(self) -> None:
        number = len(self.lines)
        household, store, name = FIRST_MARKER + number, MARKER_STORES + number, f"marker-{number}"
        now = self._instant.now
        if now == 0:
            return
        line: Line = (household, now, household, store, name, name, 1, 100, 0, 0)
        self.lines.append(line)
        self.seen.append((time.monotonic(), None))
        value = self._encoder.encode(line, event_id=name, sold_at=now)
        self._producer.send(Record(number % PARTITIONS, name.encode(), value, now))

    def _look(self) -> None:
        for number, (sent, readable) in enumerate(self.seen):
            if readable is None:
                _, ts, household, store, *_ = self.lines[number]
                asked = {"household_id": household, "store_id": store}
                vector = self._opened.read(asked, as_of=ts, timeout_ms=MARKER_TIMEOUT_MS)
                if all(vector.values[place] == 1 for place in self._counts):
                    self.seen[number] = (sent, time.monotonic())

    def recovered(self, since: float) -> float | None:
        """Seconds from the instant `since` until the last event that was held up was readable.

        Held up is what took longer than SLOW_S, or was not readable yet at `since`. 0 where nothing was; None where an
        event never became readable.
        """
        if any(readable is None for _, readable in self.seen):
            return None
        return max(
            (
                readable - since
                for sent, readable in self.seen
                if readable is not None and readable > since and readable - sent > SLOW_S
            ),
            default=0.0,
        )
