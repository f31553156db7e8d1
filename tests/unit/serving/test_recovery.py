"""How long an outage was is told from what was asked in it."""

import pytest

from tests.serving.recovery import recovered


def asked(bad: set[int], seconds: int = 60) -> list[tuple[int, bool]]:
    """Ten a second, in the bad seconds none of them well; the kill is at 1,000 ms."""
    return [(1_000 + 1_000 * s + 100 * i, s not in bad) for s in range(seconds) for i in range(10)]


@pytest.mark.parametrize(
    ("bad", "seconds"), [(set(), 0.0), ({0, 1, 2}, 3.0), ({7}, 8.0), ({2, 9, 10}, 11.0), ({59}, None), ({56}, None)]
)
def test_until_the_end_of_the_last_bad_second(bad: set[int], seconds: float | None) -> None:
    assert recovered(asked(bad), since=1_000, until=61_000) == seconds


def test_what_comes_before_the_kill_and_behind_the_next_one_is_not_looked_at() -> None:
    assert recovered(asked({0, 50}), since=2_000, until=31_000) == 0.0


@pytest.mark.parametrize(("ill", "seconds"), [(5, 0.0), (6, 21.0)])
def test_one_in_ten_of_five_seconds_are_stragglers_and_no_outage(ill: int, seconds: float) -> None:
    some = [(at, not 21_000 <= at < 21_000 + 100 * ill) for at, _ in asked(set())]
    assert recovered(some, since=1_000, until=61_000) == seconds
