"""Warnings that are said once, and again only if they go on: an outage must not fill the log."""

import logging
import time
from typing import Final

EVERY_S: Final = 10.0

log = logging.getLogger("millpond.materialize")


class Seldom:
    """Says the same thing at most once in ten seconds."""

    def __init__(self, log: logging.Logger = log) -> None:
        self._log = log
        self._said: dict[str, float] = {}

    def warn(self, about: str, failure: object) -> None:
        """Log a warning, unless one with the same `about` was logged lately."""
        now = time.monotonic()
        if now - self._said.get(about, -EVERY_S) >= EVERY_S:
            self._said[about] = now
            self._log.warning("%s: %s", about, failure)
