"""The rules of a time zone as one text, which a Plan holds: what a local hour is never depends on an engine's own data.

`3600 -1693706400:7200 -1680483600:3600`: the seconds ahead of UTC at first, then from each instant (in seconds UTC) on.
"""

import bisect
from functools import lru_cache
from typing import Final

FIRST_INSTANT: Final = -62_135_596_800_000  # year 1; in ms, as all instants here
LAST_INSTANT: Final = 253_402_300_799_999  # the end of year 9999
RULES_END: Final = 4_102_444_800_000  # 2100: rules are written out until here, and later instants have no local time


@lru_cache(maxsize=64)
def parsed(rules: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The instants of change, in ms, and the milliseconds ahead of UTC: before the first, then after each."""
    first, *changes = rules.split(" ")
    pairs = [change.split(":") for change in changes]
    return tuple(int(at) * 1000 for at, _ in pairs), (int(first) * 1000, *(int(ahead) * 1000 for _, ahead in pairs))


def local(instant: int, rules: str) -> int | None:
    """The instant on a zone's clocks, as if that were UTC; None from 2100 on."""
    if instant >= RULES_END:
        return None
    changes, ahead = parsed(rules)
    return instant + ahead[bisect.bisect_right(changes, instant)]
