"""How long it took until all was well again, told from what was asked and how it was answered.

From a second on it is bad while more than one in ten of what was asked in the next five was answered with something not
to be used, or too late: on a machine shared with others a few stragglers are no outage.

     kill                          the next kill
    --x------------------------------x-----> t
       . . b b b b . . b . . . . . . .
       |<---- recovered -->|              b: a bad second
"""

from collections.abc import Iterable
from typing import Final

SECOND: Final = 1_000
LOOKED_AT: Final = 5
MOST_BAD: Final = 0.1


def recovered(asked: Iterable[tuple[int, bool]], *, since: int, until: int) -> float | None:
    """Seconds from the instant `since` to the end of the last bad second; 0 where none was, None where it goes on.

    Args:
        asked: when something was asked (ms), and whether it was answered well.
        since, until: the kill, and when the next thing happened, ms.
    """
    seconds = (until - since) // SECOND
    all_of, ill = [0] * seconds, [0] * seconds
    for at, is_good in asked:
        if (second := (at - since) // SECOND) in range(seconds):
            all_of[second] += 1
            ill[second] += not is_good
    looked_at = [slice(second, second + LOOKED_AT) for second in range(max(1, seconds - LOOKED_AT + 1))]
    bad = [some.start for some in looked_at if sum(ill[some]) > MOST_BAD * sum(all_of[some])]
    if not bad:
        return 0.0
    # The last of the five that it was bad for.
    last = max(second for second in range(bad[-1], min(bad[-1] + LOOKED_AT, seconds)) if ill[second])
    return None if bad[-1] == looked_at[-1].start else float(last + 1)
