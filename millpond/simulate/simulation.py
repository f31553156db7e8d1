"""The simulated bank: everyday life, fraud and what is reported of it, as a stream in the order of arrival."""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, islice
from random import Random
from typing import Final, NamedTuple

from millpond.plan.errors import MillpondError
from millpond.simulate import events
from millpond.simulate.customers import Population
from millpond.simulate.delivery import arrivals
from millpond.simulate.everyday import Everyday
from millpond.simulate.fraud import incidents
from millpond.simulate.places import DAY
from millpond.simulate.topics import TRANSFERS, Event, Happening

START_MS: Final = 1_704_067_200_000  # 2024-01-01
MIN_CUSTOMERS: Final = 50
REPORTED: Final = 0.85
FALSE_ALARMS: Final = 0.001
REPORT_DAYS: Final = (1, 30)
_USUAL_REPORT_DAYS: Final = 6


class Sent(NamedTuple):
    """A copy of an event on its way into a topic.

    Attributes:
        topic: its name.
        arrival_ms: when it arrives, ms UTC.
        key: the account or card it is about.
        event: as the schema of the topic has it; copies share it, so it is not to be changed.
    """

    topic: str
    arrival_ms: int
    key: str
    event: Event


@dataclass(frozen=True, kw_only=True)
class Simulation:
    """A stream of `Sent` in the order of arrival; every iteration yields the same one, from its beginning.

    Nothing happens after the last day, reports neither; what happened before may still arrive later. Held in memory
    are the customers, what happened and has not arrived, and what is still to happen of the frauds that have begun.

    Attributes:
        seed: another seed is another bank.
        customers: how many there are, at least 50.
        start_ms: when the first day begins, ms UTC.
        days: how many are lived.
        events: the stream ends after so many; None for all.
        truth: event id -> pattern, of every event of a fraud that was yielded by the latest iteration.

    Raises:
        MillpondError: too few customers, no days, or a negative number of events.
    """

    seed: int = 1
    customers: int = 1_000
    start_ms: int = START_MS
    days: int = 30
    events: int | None = None
    truth: dict[str, str] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.customers < MIN_CUSTOMERS:
            raise MillpondError(f"{self.customers} customers are too few", mend=f"simulate {MIN_CUSTOMERS} or more")
        if self.days < 1 or (self.events is not None and self.events < 0):
            raise MillpondError(
                f"{self.days} days with {self.events} events cannot be simulated", mend="simulate at least one day"
            )

    @property
    def end_ms(self) -> int:
        """When the last day ends, ms UTC."""
        return self.start_ms + self.days * DAY

    def __iter__(self) -> Iterator[Sent]:
        self.truth.clear()
        return islice(self._sent(), self.events)

    def _sent(self) -> Iterator[Sent]:
        reporting, delivery = self._random("reports"), self._random("delivery")
        number = count()
        under_way: list[tuple[int, int, Happening]] = []
        for moment, found in self._moments():
            # Whatever comes later happens at this moment or after it, and arrives later still.
            while under_way and under_way[0][0] <= moment:
                yield self._arrived(heapq.heappop(under_way))
            for happening in found:
                for one in (happening, *_reported(happening, reporting)):
                    at = one.event["occurred_at"]
                    if at < self.end_ms:
                        for arrival in arrivals(at, delivery):
                            heapq.heappush(under_way, (arrival, next(number), one))
        while under_way:
            yield self._arrived(heapq.heappop(under_way))

    def _moments(self) -> Iterator[tuple[int, list[Happening]]]:
        """What begins, with the instant (ms UTC) it begins at, in the order of these."""
        population = Population(self.customers, self.start_ms, self._random("population"))
        cases = incidents(population, self.start_ms, self._random("fraud"))
        case = next(cases)
        for happening in Everyday(population, self.start_ms, self._random("everyday")):
            at = happening.event["occurred_at"]
            while case[0] <= at:
                yield case
                case = next(cases)
            if at >= self.end_ms:
                return
            yield at, [happening]

    def _arrived(self, item: tuple[int, int, Happening]) -> Sent:
        arrival, _, (topic, event, pattern) = item
        if pattern is not None:
            self.truth[event["event_id"]] = pattern
        return Sent(topic.name, arrival, event[topic.key], event)

    def _random(self, purpose: str) -> Random:
        """Each purpose draws for itself, so that one more draw of one leaves the others as they were."""
        return Random(f"{self.seed} {purpose}")


def _reported(happening: Happening, rng: Random) -> Iterator[Happening]:
    """The label of a transfer, 1 to 30 days after it: of most that are a fraud, and of a few that are none."""
    is_fraud = happening.pattern is not None
    if happening.topic is TRANSFERS and rng.random() < (REPORTED if is_fraud else FALSE_ALARMS):
        first, last = REPORT_DAYS
        delay = min(first * DAY + int(rng.expovariate(1 / (_USUAL_REPORT_DAYS * DAY))), last * DAY)
        yield events.report(rng, happening.event["occurred_at"] + delay, happening.event, is_fraud=is_fraud)
