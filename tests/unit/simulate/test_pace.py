"""When each event is sent, by a clock that only waiting moves."""

from collections.abc import Callable
from itertools import count

import pytest

from millpond.simulate import Sent
from millpond.simulate.pace import Due, as_it_arrives, at_once, at_rate, paced

BEGAN = 1_000_000


class Clock:
    """A clock that stands still but while somebody waits; a wait returns after `longest` ms at the latest."""

    def __init__(self, longest: int = 10**9) -> None:
        self.now = BEGAN
        self.waits = 0
        self._longest = longest

    def wait(self, early: int) -> None:
        assert early > 0
        self.waits += 1
        self.now += min(early, self._longest)


def stream(*arrivals: int) -> list[Sent]:
    return [Sent("topic", arrival, "key", {}) for arrival in arrivals]


def run(
    events: list[Sent], due: Due, clock: Clock, stopped: Callable[[], bool] = lambda: False
) -> list[tuple[int, int]]:
    """The arrival of each event, and when it was sent."""
    paced_ = paced(events, due, clock=lambda: clock.now, wait=clock.wait, stopped=stopped)
    return [(sent.arrival_ms, clock.now) for sent in paced_]


def test_at_once_never_waits() -> None:
    clock = Clock()
    assert len(run(stream(*range(BEGAN, BEGAN + 100_000, 100)), at_once, clock)) == 1_000
    assert clock.waits == 0


@pytest.mark.parametrize("longest", [7, 200, 10**9])
def test_what_arrived_already_goes_at_once_and_the_rest_at_the_millisecond_it_arrives(longest: int) -> None:
    arrivals = [0, BEGAN - 1, BEGAN, BEGAN + 1, BEGAN + 1, BEGAN + 5_000]
    assert run(stream(*arrivals), as_it_arrives, Clock(longest)) == [(at, max(at, BEGAN)) for at in arrivals]


@pytest.mark.parametrize(
    ("rate", "offsets"),
    [
        (1, [0, 1_000, 2_000, 3_000]),
        (2.5, [0, 400, 800, 1_200]),
        (1_500, [0, 0, 1, 2]),
        (0.5, [0, 2_000, 4_000, 6_000]),
    ],
)
def test_at_a_rate_the_arrivals_do_not_matter(rate: float, offsets: list[int]) -> None:
    sent = run(stream(5, 6, 7, BEGAN * 9), at_rate(rate, began_ms=BEGAN), Clock())
    assert [at - BEGAN for _, at in sent] == offsets


def test_who_was_held_up_catches_up() -> None:
    clock = Clock()
    clock.now += 2_500
    sent = run(stream(1, 2, 3, 4, 5), at_rate(1, began_ms=BEGAN), clock)
    assert [at - BEGAN for _, at in sent] == [2_500, 2_500, 2_500, 3_000, 4_000]


def test_stopped_while_waiting_the_event_waited_for_is_not_sent() -> None:
    clock = Clock(longest=100)
    sent = run(stream(0, BEGAN + 1_000), as_it_arrives, clock, stopped=lambda: clock.waits == 3)
    assert sent == [(0, BEGAN)]
    assert clock.now == BEGAN + 300


def test_stopped_between_two_events_the_next_is_not_sent() -> None:
    asked = count()
    assert len(run(stream(*range(100)), at_once, Clock(), stopped=lambda: next(asked) >= 20)) == 10
