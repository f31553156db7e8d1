"""How long it took until all was well again, second by second of what was asked.

A second is bad when more than one in ten of what was asked in it was answered with something not to be used, or too
late: on a machine shared with others a single straggler is no outage.

     kill                          the next kill
    --x------------------------------x-----> t
       . . b b b b . . b . . . . . . .
       |<---- recovered -->|              b: a bad second
"""

from collections.abc import Iterable
from typing import Final

SECOND: Final = 1_000
MOST_BAD: Final = 0.1


def recovered(asked: Iterable[tuple[int, bool]], *, since: int, until: int) -> float | None:
    """Seconds from the instant `since` to the end of the last bad second; 0 where none was, None where it goes on.

    Args:
        asked: when something was asked (ms), and whether it was answered well.
        since, until: the kill, and when the next thing happened, ms.
    """
    seconds: dict[int, list[int]] = {}
    for at, is_good in asked:
        if since <= at < until:
            tally = seconds.setdefault((at - since) // SECOND, [0, 0])
            tally[0] += 1
            tally[1] += not is_good
    bad = [second for second, (all_of, wrong) in seconds.items() if wrong > MOST_BAD * all_of]
    if not bad:
        return 0.0
    last = max(bad) + 1
    return None if last >= max(seconds) else float(last)
