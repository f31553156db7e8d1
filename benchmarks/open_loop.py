"""An open loop: requests are due by the clock, whether or not those before them were answered.

A closed loop asks again when it was answered: a stall of a second is one slow call, though a thousand would have come
meanwhile (coordinated omission). Here each of them is timed from the instant it was due, late as it may be asked:

    due      |    |    |    |    |    |
    work     [a]  [b-----------][c][d][e][f]      c, d and e waited for b, and their latency says so
"""

import random
import threading
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final, NamedTuple

from hdrh.histogram import HdrHistogram

from millpond.plan.errors import MillpondError

SECOND: Final = 1_000_000_000  # ns
LONGEST_US: Final = 600_000_000  # and somewhat more: it counts up to a power of two
DIGITS: Final = 3
GIVE_UP_S: Final = 30.0

Nanoseconds = Callable[[], int]
Sleep = Callable[[float], None]


class Latencies:
    """How long requests took, counted to a thousandth of each."""

    def __init__(self) -> None:
        self._histogram = HdrHistogram(1, LONGEST_US, DIGITS)

    def add(self, ns: int) -> None:
        """One more.

        Raises:
            MillpondError: it is less than nothing, or more than is counted, ten minutes at least.
        """
        if ns < 0:
            raise MillpondError(f"answered {-ns:,} ns before it was due", mend="number the requests of each run anew")
        if not self._histogram.record_value(max(1, round(ns / 1000))):
            raise MillpondError(f"took {ns / SECOND:,.0f} s", mend="see what it waited for: so long is not counted")

    def __len__(self) -> int:
        return int(self._histogram.get_total_count())

    def us(self, percent: float) -> float:
        """The least (us) that so many percent do not exceed; the greatest of all at 100."""
        return float(self._histogram.get_value_at_percentile(percent))


class Answered(NamedTuple):
    """What a load gave.

    Attributes:
        latencies: from the instant each request was due until it was answered.
        lateness: from that instant until it was begun, or sent: it waited for others, or the generator woke up late.
        due_s: from the beginning until the last was due.
        took_s: from the beginning until the last was answered.
    """

    latencies: Latencies
    lateness: Latencies
    due_s: float
    took_s: float

    @property
    def kept_up(self) -> float:
        """The rate they were answered at over the rate they were due at; below 1 where it did not keep up."""
        return self.due_s / self.took_s


def steady(rate: float, seconds: float) -> list[int]:
    """Instants (ns from the beginning) at equal distances, `rate` a second."""
    return [round(i * SECOND / rate) for i in range(round(rate * seconds))]


def poisson(rate: float, seconds: float, *, seed: int) -> list[int]:
    """As many instants as callers choose who know nothing of each other: sometimes several at once."""
    draw, at, instants = random.Random(seed), 0.0, []
    for _ in range(round(rate * seconds)):
        at += draw.expovariate(rate)
        instants.append(round(at * SECOND))
    return instants


def due(instants: Sequence[int], *, began: int, now: Nanoseconds, sleep: Sleep) -> Iterator[tuple[int, int]]:
    """Each request's number and instant (ns), when it is due; at once where that is past, and never left out."""
    for number, after in enumerate(instants):
        while (ahead := began + after - now()) > 0:
            sleep(ahead / SECOND)
        yield number, began + after


def one_by_one(
    work: Callable[[int], object],
    instants: Sequence[int],
    *,
    now: Nanoseconds = time.perf_counter_ns,
    sleep: Sleep = time.sleep,
) -> Answered:
    """Requests that this thread answers itself, as a service of one thread does.

    Args:
        work: answers the request of a number.
        instants: when each is due, in ns from now on.
    """
    latencies, lateness, began = Latencies(), Latencies(), now()
    ended = began
    for number, at in due(instants, began=began, now=now, sleep=sleep):
        lateness.add(now() - at)
        work(number)
        ended = now()
        latencies.add(ended - at)
    return Answered(latencies, lateness, instants[-1] / SECOND, (ended - began) / SECOND)


def elsewhere(
    ask: Callable[[int], None],
    answers: Callable[[], Collection[int]],
    instants: Sequence[int],
    *,
    give_up_s: float = GIVE_UP_S,
    now: Nanoseconds = time.perf_counter_ns,
    sleep: Sleep = time.sleep,
) -> Answered:
    """Requests that are answered elsewhere, such as over Kafka; an answer that comes again counts when it came first.

    Asking and looking share the machine, and the interpreter, with each other: figures get worse by it, never better.

    Args:
        ask: sends the request of a number, and does not wait for its answer; called by a thread of its own.
        answers: the numbers of what was answered since the last look; waits a little where there is nothing.
        instants: when each is due, in ns from now on.
        give_up_s: how long after the last request was due, or the last answer came, others are waited for.

    Raises:
        MillpondError: a request was not answered; an answer is to none of them. What `ask` raises is raised.
    """
    latencies, lateness, stop = Latencies(), Latencies(), threading.Event()
    waiting, began = set(range(len(instants))), now()
    ended = began + instants[-1]

    def ask_all() -> None:
        for number, at in due(instants, began=began, now=now, sleep=sleep):
            if stop.is_set():
                return
            lateness.add(now() - at)
            ask(number)

    with ThreadPoolExecutor(1, "asking") as pool:
        asking = pool.submit(ask_all)
        try:
            while waiting:
                numbers = answers()
                at = now()
                if asking.done():
                    asking.result()  # raises what it raised
                for number in numbers:
                    if number in waiting:
                        waiting.remove(number)
                        latencies.add(at - began - instants[number])
                        ended = max(ended, at)
                    elif not 0 <= number < len(instants):
                        raise MillpondError(
                            f"there is no request {number}", mend="number the requests of each run anew"
                        )
                if at > ended + give_up_s * SECOND:
                    raise MillpondError(
                        f"{len(waiting):,} of {len(instants):,} requests were not answered, first {min(waiting)}",
                        mend="see the log of what answers",
                    )
        finally:
            stop.set()
    return Answered(latencies, lateness, instants[-1] / SECOND, (ended - began) / SECOND)
