"""What the enricher counts, for its log."""

import logging
import time
from collections import Counter
from typing import Final

from millpond.serve.status import USABLE, Status

EVERY_S: Final = 5.0
_RATES: Final = ("requests", "replies")


class Told:
    """Rates, how long requests waited, and what was not as it should be, a line every five seconds."""

    def __init__(self, log: logging.Logger) -> None:
        self._log = log
        self._counts: Counter[str] = Counter()
        self._waited: list[float] = []
        self._since = time.monotonic()

    def count(self, what: str) -> None:
        """Something happened once."""
        self._counts[what] += 1

    def answered(self, status: Status, waited_ms: float) -> None:
        """A vector is an answer."""
        self._waited.append(waited_ms)
        if status not in USABLE:
            self._counts[status] += 1

    def now_and_then(self, waiting: int) -> None:
        """Log what happened since it was last logged, if that is long enough ago.

        Args:
            waiting: requests without an answer.
        """
        seconds = time.monotonic() - self._since
        if seconds < EVERY_S:
            return
        line = self.line(seconds, waiting)
        if line is not None:
            self._log.info("%s", line)
        self._since = time.monotonic()

    def line(self, seconds: float, waiting: int) -> str | None:
        """What happened in some seconds; None where nothing did."""
        counts, self._counts = self._counts, Counter()
        waited, self._waited = sorted(self._waited), []
        if not counts and not waiting:
            return None
        parts = [f"{counts.pop(name, 0) / seconds:,.0f} {name}/s" for name in _RATES]
        if waited:
            parts.append(f"waited p50 {waited[len(waited) // 2]:.0f} ms, p99 {waited[len(waited) * 99 // 100]:.0f} ms")
        parts += [f"{name} {count:,}" for name, count in sorted(counts.items())]
        return ", ".join([*parts, f"waiting {waiting:,}"])
