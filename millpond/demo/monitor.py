"""Watches a replay from outside: what was read, what came out, what is stored, and one household's vector."""

import threading
import time
from typing import Final, Self

import redis

from millpond.demo.drain import Drain
from millpond.demo.replay import SourceProducer
from millpond.demo.screen import Screen
from millpond.plan.errors import MillpondError
from millpond.serve import OpenSet

EVERY_S: Final = 1.0
STOP_WITHIN_S: Final = 30.0


class Monitor(threading.Thread):
    """Keeps the screen's picture up to date until it is closed.

    Args:
        screen: whose picture.
        drain: of the job.
        producer: of the source.
        shopper: the opened set whose vector is shown.
        request: the household and store shown.
        patient: a look that fails is passed over: a part has been killed.
    """

    def __init__(
        self,
        screen: Screen,
        drain: Drain,
        producer: SourceProducer,
        shopper: OpenSet,
        request: dict[str, int],
        *,
        patient: bool,
    ) -> None:
        super().__init__(name="monitor", daemon=True)
        self._screen = screen
        self._drain = drain
        self._producer = producer
        self._shopper = shopper
        self._request = request
        self._patient = patient
        self._done = threading.Event()
        self._error: BaseException | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self.join(STOP_WITHIN_S)

    def check(self) -> None:
        """Raise what the watching met, in the thread that asks."""
        if self._error is not None:
            raise self._error

    def run(self) -> None:
        """Look again and again."""
        try:
            before = (time.monotonic(), 0)
            while not self._done.wait(EVERY_S):
                try:
                    before = self._look(*before)
                    self._screen.picture.footnote = ""
                except (MillpondError, redis.RedisError) as error:
                    if not self._patient:
                        raise
                    self._screen.picture.footnote = f"waiting for a part to come back: {error}"
        except Exception as error:  # noqa: BLE001 - raised by check() in the main thread
            self._error = error

    def _look(self, then: float, then_read: int) -> tuple[float, int]:
        picture, job = self._screen.picture, self._drain.job
        offsets = self._drain.read_offsets()
        picture.read = sum(offsets.values()) - sum(job.start_offsets[p] for p in offsets)
        now = time.monotonic()
        recent = (picture.read - then_read) / (now - then)
        picture.rate = recent if picture.rate == 0 else 0.7 * picture.rate + 0.3 * recent
        picture.events = self._producer.count
        picture.tiles = sum(sum(ends) for ends in self._drain.tile_ends().values())
        picture.applied = self._drain.applied_rows()
        if picture.instant:
            picture.show(self._shopper.read(self._request, as_of=picture.instant, timeout_ms=1000))
        self._screen.plain()
        return now, picture.read
