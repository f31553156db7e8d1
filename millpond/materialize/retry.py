"""Trying again until it works or we are told to stop."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Final, TypeVar

_T = TypeVar("_T")

FIRST_DELAY_S: Final = 0.1
LONGEST_DELAY_S: Final = 5.0

log = logging.getLogger("millpond.materialize")


class Stopped(Exception):
    """The process is to stop: whatever was being tried has not been done, and will be done again after a restart."""


def insist(
    attempt: Callable[[], _T],
    *,
    what: str,
    transient: Callable[[Exception], bool],
    stop: threading.Event,
) -> _T:
    """What `attempt` returns, tried with growing delays (0.1 s to 5 s) for as long as its failures are transient.

    Args:
        what: is being done, for the log: "writing to the store".

    Raises:
        Stopped: `stop` was set while it failed.
        Exception: the first failure that is not transient.
    """
    delay, since = FIRST_DELAY_S, None
    while True:
        try:
            result = attempt()
        except Exception as failure:
            if not transient(failure):
                raise
            since = since or time.monotonic()
            log.warning("%s fails, trying again in %.1f s: %s", what, delay, failure)
        else:
            if since is not None:
                log.warning("%s works again, after %.1f s", what, time.monotonic() - since)
            return result
        if stop.wait(delay):
            raise Stopped(what)
        delay = min(2 * delay, LONGEST_DELAY_S)
