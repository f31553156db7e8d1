"""Measures freshness: from the instant an event is created to the first read that counts it."""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from millpond.demo.encode import LineEncoder
from millpond.demo.lines import Line
from millpond.demo.replay import Record, SourceProducer
from millpond.serve import OpenSet, Vector

PER_SECOND: Final = 1_000
PROBE_EVERY: Final = 10
FIRST_HOUSEHOLD: Final = 1_000_000_000  # far from any household of the data
FIRST_STORE: Final = 1_000_000
GIVE_UP_S: Final = 20.0
CHUNK: Final = 50


@dataclass(frozen=True, kw_only=True)
class Freshness:
    """What was measured.

    Attributes:
        markers: events sent, among them `probes` that were looked for.
        probes: probes that were sent.
        unseen: probes that never became readable.
        p50_ms, p99_ms, max_ms: from created to readable; None where nothing was seen.
    """

    markers: int
    probes: int
    unseen: int
    p50_ms: float | None
    p99_ms: float | None
    max_ms: float | None


class Markers(threading.Thread):
    """Sends one event a millisecond by the clock; every tenth has a household and a store of its own, a probe.

    Which event is a probe is known before it is sent, and it is sent at its own time whatever became of the ones
    before: no slow event keeps another one from being measured.
    """

    def __init__(
        self, lines: Sequence[Line], encoder: LineEncoder, producer: SourceProducer, *, partitions: int, seconds: int
    ) -> None:
        super().__init__(name="markers", daemon=True)
        self._lines = lines
        self._encoder = encoder
        self._producer = producer
        self._partitions = partitions
        self._total = seconds * PER_SECOND
        self.sent = 0
        self.probes: deque[tuple[int, int, int]] = deque()  # household, store, created (ns)
        self.error: BaseException | None = None
        self.stop = threading.Event()

    def run(self) -> None:
        """Send them all, or until told to stop."""
        try:
            began = time.monotonic()
            for i in range(self._total):
                wait = began + i / PER_SECOND - time.monotonic()
                if wait > 0:
                    time.sleep(wait)
                if self.stop.is_set():
                    return
                self._send(i)
            self._producer.flush()
        except BaseException as error:  # noqa: BLE001 - handed to the thread that waits for this one
            self.error = error

    def _send(self, i: int) -> None:
        line = self._lines[i % len(self._lines)]
        is_probe = i % PROBE_EVERY == 0
        household, store = (FIRST_HOUSEHOLD + i, FIRST_STORE + i) if is_probe else line[2:4]
        created = time.time_ns()
        now = created // 1_000_000
        marker: Line = (line[0], now, household, store, *line[4:])
        value = self._encoder.encode(marker, event_id=f"marker-{i}", sold_at=now)
        key = str(household).encode()
        self._producer.send(Record(i % self._partitions, key, value, now))
        self.sent += 1
        if is_probe:
            self.probes.append((household, store, created))


def measure(shopper: OpenSet, markers: Markers, *, check: Callable[[], None]) -> Freshness:
    """Send the markers and look for every probe, again and again, until it is readable.

    A probe counts as readable when every feature that counts the lines of its household, of its store and of both
    together counts it: all levels of three views, read in one vector.

    Args:
        shopper: the opened set it is looked for in.
        markers: not started yet.
        check: raises when a part of the stack has died.

    Raises:
        BaseException: what went wrong in sending.
    """
    counts = [i for i, name in enumerate(shopper.names) if ".lines_" in name]
    waiting: dict[int, tuple[int, int]] = {}
    delays: list[float] = []
    probes = 0
    markers.start()
    try:
        deadline = None
        while markers.is_alive() or markers.probes or waiting:
            while markers.probes:
                household, store, created = markers.probes.popleft()
                waiting[household] = (store, created)
                probes += 1
            if not markers.is_alive():
                deadline = deadline or time.monotonic() + GIVE_UP_S
                if time.monotonic() > deadline:
                    break
            if not waiting:
                time.sleep(0.001)
                continue
            asked = list(waiting)[:CHUNK]
            vectors = shopper.read_many([{"household_id": h, "store_id": waiting[h][0]} for h in asked])
            seen_at = time.time_ns()
            for household, vector in zip(asked, vectors, strict=True):
                if _counts_it(vector, counts):
                    delays.append((seen_at - waiting.pop(household)[1]) / 1e6)
            check()
    finally:
        markers.stop.set()
        markers.join()
    if markers.error is not None:
        raise markers.error
    return _summary(markers.sent, probes, len(waiting), delays)


def _counts_it(vector: Vector, counts: Sequence[int]) -> bool:
    return all(vector.values[i] for i in counts)


def _summary(sent: int, probes: int, unseen: int, delays: Sequence[float]) -> Freshness:
    ordered = sorted(delays)
    return Freshness(
        markers=sent,
        probes=probes,
        unseen=unseen,
        p50_ms=percentile(ordered, 50),
        p99_ms=percentile(ordered, 99),
        max_ms=ordered[-1] if ordered else None,
    )


def percentile(ordered: Sequence[float], percent: int) -> float | None:
    """The smallest value that at least `percent` of the values do not exceed; None of none."""
    return ordered[-(-len(ordered) * percent // 100) - 1] if ordered else None
