"""An open loop: a stall is in the latency of every request that was due meanwhile, by a clock that tests advance."""

import math
import threading
import time
from collections.abc import Callable, Collection

import pytest

from benchmarks import open_loop
from benchmarks.open_loop import Answered, Latencies, elsewhere, one_by_one, poisson, steady
from millpond.plan.errors import MillpondError

MS = 1_000_000  # ns
DIGITS = 0.001  # what a latency may be off by, of itself


class Clock:
    """Time that passes only while something sleeps or works; it begins anywhere."""

    def __init__(self) -> None:
        self.at = 987_654_321

    def now(self) -> int:
        return self.at

    def sleep(self, seconds: float) -> None:
        self.at += round(seconds * 1e9)


def served(instants: list[int], took_ms: Callable[[int], float]) -> Answered:
    """Requests that this thread answers, each in so many ms of its clock."""
    clock = Clock()
    return one_by_one(lambda n: clock.sleep(took_ms(n) / 1e3), instants, now=clock.now, sleep=clock.sleep)


# due every ms; the work of each takes 0.1 ms, but that of request 300 takes 100 ms:
#
#   299  300                                 301 302 …  410 411 412
#   |    |-------- 100 ms --------|          each 0.9 ms nearer to its own instant than the one before
#
# Request 300 + k is answered 100 + 0.1 k ms after 300 was due, and was due k ms after it: 100 - 0.9 k.
def test_a_stall_is_in_the_latency_of_every_request_that_was_due_meanwhile() -> None:
    answered = served(steady(1_000, 1.0), lambda n: 100 if n == 300 else 0.1)
    expected = sorted([max(100 - 0.9 * k, 0.1) for k in range(700)] + [0.1] * 300)
    assert len(answered.latencies) == 1_000
    assert expected[500] == 0.1
    for percent, place in ((50, 499), (88, 879), (89, 889), (90, 899), (99, 989), (99.9, 998), (100, 999)):
        assert answered.latencies.us(percent) == pytest.approx(expected[place] * 1e3, rel=DIGITS), percent
    late = sorted([0.001] * 301 + [max(100 - 0.9 * k - 0.1, 0.001) for k in range(1, 700)])
    for percent, place in ((88, 879), (90, 899), (99, 989), (100, 999)):
        assert answered.lateness.us(percent) == pytest.approx(late[place] * 1e3, rel=DIGITS), percent
    # A closed loop would have told of one slow request among a thousand, and of none at p99.
    assert answered.latencies.us(99) > 90_000
    assert answered.latencies.us(89) > 500


def test_what_does_not_keep_up_grows_slower_and_slower_and_says_so() -> None:
    answered = served(steady(1_000, 1.0), lambda _: 2)
    # Request n is due at n ms, and is answered at 2 (n + 1) ms.
    assert answered.latencies.us(100) == pytest.approx(1_001e3, rel=DIGITS)
    assert answered.latencies.us(50) == pytest.approx(501e3, rel=DIGITS)
    assert answered.kept_up == pytest.approx(999 / 2000)


def test_no_request_is_asked_before_it_is_due_and_none_is_left_out() -> None:
    clock, asked = Clock(), list[tuple[int, int]]()
    began = clock.at

    def work(number: int) -> None:
        asked.append((number, clock.at - began))
        clock.sleep(0.0025 if number == 1 else 0)

    one_by_one(work, [0, 1 * MS, 2 * MS, 3 * MS, 9 * MS], now=clock.now, sleep=clock.sleep)
    assert asked == [(0, 0), (1, 1 * MS), (2, 3.5 * MS), (3, 3.5 * MS), (4, 9 * MS)]


def test_a_clock_that_wakes_too_early_is_asked_again() -> None:
    clock, asked = Clock(), list[int]()
    began = clock.at
    one_by_one(lambda _: asked.append(clock.at - began), [MS], now=clock.now, sleep=lambda s: clock.sleep(s / 2 + 1e-9))
    assert asked == [pytest.approx(MS, abs=2)]
    assert asked[0] >= MS


def test_steady_instants_are_as_far_apart_as_the_rate_says() -> None:
    assert steady(400, 0.01) == [0, 2_500_000, 5_000_000, 7_500_000]
    assert steady(3, 1) == [0, 333_333_333, 666_666_667]


def test_poisson_instants_are_the_same_for_a_seed_and_as_many_in_an_interval_as_chance_has_it() -> None:
    instants = poisson(1_000, 20, seed=1)
    assert instants == poisson(1_000, 20, seed=1) != poisson(1_000, 20, seed=2)
    assert instants == sorted(instants)
    assert len(instants) == 20_000
    assert instants[-1] == pytest.approx(20e9, rel=0.03)  # 4 standard deviations of the sum
    # A Poisson count's variance is its mean: 10 in 10 ms. Equal distances would have none.
    counts = [0] * 1_900
    for instant in instants:
        if instant < 19e9:
            counts[instant // (10 * MS)] += 1
    mean = sum(counts) / len(counts)
    variance = sum((count - mean) ** 2 for count in counts) / len(counts)
    assert mean == pytest.approx(10, rel=0.05)
    assert variance == pytest.approx(mean, rel=0.15)


def test_a_latency_that_cannot_be_is_refused_and_not_left_out() -> None:
    latencies = Latencies()
    with pytest.raises(MillpondError, match="before it was due"):
        latencies.add(-1)
    with pytest.raises(MillpondError, match=r"took 7,200 s"):
        latencies.add(7_200 * open_loop.SECOND)
    latencies.add(0)
    assert (len(latencies), latencies.us(100)) == (1, 1)  # less than a microsecond counts as one


class Elsewhere:
    """Answers what was asked whenever it is looked at, every 10 ms by the clock, but nothing within a stall."""

    def __init__(
        self, instants: list[int], *, stall: range = range(0), lost: int | None = None, copies: int = 1
    ) -> None:
        self._instants = instants
        self._stall = stall
        self._lost = lost
        self._copies = copies
        self._clock = Clock()
        self._began = self._clock.at
        self._asked: list[int] = []
        self._taken = 0
        self._changed = threading.Condition()

    def _ask(self, number: int) -> None:
        with self._changed:
            self._asked.append(number)
            self._changed.notify()

    def _answers(self) -> Collection[int]:
        self._clock.sleep(0.010)
        passed = self._clock.at - self._began
        with self._changed:
            # Time stands still until the other thread has asked for what is due by now.
            assert self._changed.wait_for(lambda: len(self._asked) == sum(at <= passed for at in self._instants), 60)
            if passed // MS in self._stall:
                return []
            found, self._taken = self._asked[self._taken :], len(self._asked)
        return [number for number in found if number != self._lost for _ in range(self._copies)]

    def run(self) -> Answered:
        return elsewhere(
            self._ask, self._answers, self._instants, now=self._clock.now, sleep=lambda _: time.sleep(0.0002)
        )


# due every ms, 200 of them; looked for every 10 ms, and nothing comes from 50 ms until 150:
#
#   due     1 … 10 | … | 31 … 40 | 41 …             150 | 151 … 160 | …
#   answer        10            40                  150         160
def test_a_stall_elsewhere_is_in_the_latency_of_every_request_that_was_due_meanwhile() -> None:
    found = Elsewhere(steady(1_000, 0.2), stall=range(50, 150)).run()
    answered = [150 if 40 < n <= 150 else max(10, -(-n // 10) * 10) for n in range(200)]
    expected = sorted(at - n for n, at in enumerate(answered))
    assert len(found.latencies) == 200
    for percent in (10, 50, 75, 90, 99, 100):
        place = math.ceil(200 * percent / 100) - 1
        assert found.latencies.us(percent) == pytest.approx(max(1, expected[place] * 1e3), rel=DIGITS), percent
    # What stalls is what answers: requests are sent as soon as the clock, which goes by 10 ms, says so.
    assert len(found.lateness) == 200
    assert found.lateness.us(100) <= 10e3 * (1 + DIGITS)
    assert found.took_s == pytest.approx(0.2)
    assert found.due_s == pytest.approx(0.199)


def test_an_answer_that_comes_twice_counts_once() -> None:
    found = Elsewhere([0, MS], copies=2).run()
    assert len(found.latencies) == 2


def test_a_request_that_is_never_answered_is_named() -> None:
    with pytest.raises(MillpondError, match="1 of 3 requests were not answered, first 1"):
        Elsewhere([0, 0, 0], lost=1).run()


def test_an_answer_to_no_request_is_refused() -> None:
    with pytest.raises(MillpondError, match="there is no request 7"):
        elsewhere(lambda _: None, lambda: [7], [0, 0])


def test_what_the_asking_thread_raises_is_raised() -> None:
    def ask(number: int) -> None:
        raise ValueError(f"{number} is not taken")

    def answers() -> Collection[int]:
        time.sleep(0.001)
        return []

    with pytest.raises(ValueError, match="0 is not taken"):
        elsewhere(ask, answers, [0, 0])
