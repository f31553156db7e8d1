"""Trying again until it works or we are told to stop; what fails is said at once, and again while it goes on."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

_T = TypeVar("_T")

FIRST_DELAY_S: Final = 0.1
LONGEST_DELAY_S: Final = 5.0
EVERY_S: Final = 10.0

log = logging.getLogger("millpond.materialize")


class Stopped(Exception):
    """The process is to stop: whatever was being tried has not been done, and will be done again after a restart."""


def insist(
    attempt: Callable[[], _T],
    *,
    what: str,
    transient: Callable[[Exception], bool],
    stop: threading.Event,
    log: logging.Logger = log,
) -> _T:
    """What `attempt` returns, tried with growing delays (0.1 s to 5 s) for as long as its failures are transient.

    Args:
        what: is being done, for the log: "writing to the store".
        log: where it is told.

    Raises:
        Stopped: `stop` was set while it failed.
        Exception: the first failure that is not transient.
    """
    delay, since, told = FIRST_DELAY_S, None, 0.0
    while True:
        try:
            result = attempt()
        except Exception as failure:
            if not transient(failure):
                raise
            now = time.monotonic()
            if since is None:
                since = told = now
                log.warning("%s fails, and is tried again until it works: %s", what, failure)
            elif now - told >= EVERY_S:
                told = now
                log.warning("%s still fails, after %.0f s: %s", what, now - since, str(failure).partition("\n")[0])
        else:
            if since is not None:
                log.warning("%s works again, after %.1f s", what, time.monotonic() - since)
            return result
        if stop.wait(delay):
            raise Stopped(what)
        delay = min(2 * delay, LONGEST_DELAY_S)
