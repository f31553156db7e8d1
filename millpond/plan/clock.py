"""Instants as integer milliseconds UTC, and the wall clock, which is passed in wherever a test is to set it."""

import time
from datetime import UTC, datetime, timedelta
from typing import Final

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND: Final = timedelta(milliseconds=1)


def now_ms() -> int:
    """The present instant: integer milliseconds UTC."""
    return time.time_ns() // 1_000_000


def ms_of(moment: datetime) -> int:
    """A moment that says its zone, as integer milliseconds UTC; what is finer is floored."""
    return (moment - EPOCH) // MILLISECOND
