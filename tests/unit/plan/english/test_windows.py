"""Windows and durations in words."""

import pytest

from millpond.define.windows import LIFETIME, Window
from millpond.plan.english.windows import duration, windows

SAID: tuple[tuple[tuple[Window, ...], str], ...] = (
    ((Window("1h"),), "in the last hour"),
    ((Window("10m"), Window("1h"), Window("24h")), "in the last 10 minutes, hour and 24 hours"),
    ((Window(LIFETIME),), "since the beginning"),
    ((Window("30d", delay="7d"),), "in the 30 days up to 7 days ago"),
    ((Window(LIFETIME, delay="1d"),), "from the beginning up to 1 day ago"),
    ((Window("90s"), Window("1h", delay="1h")), "in the last 90 seconds, and in the 1 hour up to 1 hour ago"),
    (
        (Window("1d", delay="1d"), Window(LIFETIME), Window("7d"), Window("1d")),
        "in the last 7 days and day, since the beginning, and in the 1 day up to 1 day ago",
    ),
)


@pytest.mark.parametrize(("written", "words"), SAID, ids=[words for _written, words in SAID])
def test_windows_in_words(written: tuple[Window, ...], words: str) -> None:
    assert windows([window.span() for window in written]) == words


@pytest.mark.parametrize(
    ("ms", "words"),
    [(1, "1 millisecond"), (1_000, "1 second"), (90_000, "90 seconds"), (3_600_000, "1 hour"), (172_800_000, "2 days")],
)
def test_a_duration_is_in_its_largest_whole_unit(ms: int, words: str) -> None:
    assert duration(ms) == words
