"""How late and how often copies arrive."""

from collections import Counter
from random import Random

import pytest

from millpond.simulate.delivery import SECOND, _arrival, arrivals
from millpond.simulate.places import DAY, HOUR, MINUTE

EVENTS = 200_000


@pytest.fixture(scope="module")
def delivered() -> list[tuple[int, ...]]:
    rng = Random(1)
    return [arrivals(0, rng) for _ in range(EVENTS)]


def lateness(delay: int) -> str:
    if delay < SECOND:
        return "in time"
    if delay < HOUR:
        assert delay >= MINUTE
        return "minutes"
    return "hours" if delay < DAY else "over a day"


def test_shares_of_the_late_are_as_promised(delivered: list[tuple[int, ...]]) -> None:
    shares = Counter(lateness(delay) for copies in delivered for delay in copies)
    total = shares.total()
    assert shares["in time"] / total == pytest.approx(0.988, abs=0.002)
    assert shares["minutes"] / total == pytest.approx(0.01, rel=0.1)
    assert shares["hours"] / total == pytest.approx(0.002, rel=0.25)
    assert 0 < shares["over a day"] / total < 0.0005


class Drawing(Random):
    """Draws one number of random() all the time; whole numbers it draws as ever."""

    def __init__(self, number: float) -> None:
        super().__init__(1)
        self._number = number

    def random(self) -> float:
        return self._number

    def getrandbits(self, k: int, /) -> int:
        return super().getrandbits(k)


@pytest.mark.parametrize(
    ("draw", "earliest", "latest"),
    [
        (0.0001, DAY + MINUTE, 3 * DAY),  # refused where the lateness is a day, by more than the skew
        (0.0021, HOUR, 20 * HOUR),
        (0.0121, MINUTE, HOUR),
    ],
)
def test_how_late_the_late_are(draw: float, earliest: int, latest: int) -> None:
    rng = Drawing(draw)
    delays = [_arrival(0, rng) for _ in range(5_000)]
    assert earliest <= min(delays) < earliest + (latest - earliest) * 0.01
    assert latest - (latest - earliest) * 0.01 < max(delays) < latest


def test_one_event_of_two_hundred_arrives_twice_each_copy_on_its_own(delivered: list[tuple[int, ...]]) -> None:
    twice = [copies for copies in delivered if len(copies) == 2]
    assert len(twice) / EVENTS == pytest.approx(0.005, rel=0.15)
    assert all(len(copies) in (1, 2) for copies in delivered)
    assert sum(a != b for a, b in twice) > 0.9 * len(twice)


def test_nothing_arrives_before_it_happened(delivered: list[tuple[int, ...]]) -> None:
    assert min(delay for copies in delivered for delay in copies) >= 0
