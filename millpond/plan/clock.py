"""The wall clock, which is passed in wherever a test is to set it."""

import time


def now_ms() -> int:
    """The present instant: integer milliseconds UTC."""
    return time.time_ns() // 1_000_000
