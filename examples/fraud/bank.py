"""A simulated bank as the demo has it: two weeks that were, and twelve days to come, told in a minute or so.

No case of fraud begins and ends in a minute. What happens to the bank in the days to come is therefore spread over the
time of the demo: honest customers send once each, as few do more in a minute, and the events of each pattern of fraud
come evenly, in their own order, so that none of them is squeezed into an instant:

    days to come      H  H   HHmmmm H H m H bbbbbbbbbb H H  H b   H tH t
    time of the demo  H b H m H b H m H b t H m b H m H b H m H t b H b

Each happens when it is sent: its event time is the clock's.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from millpond.plan.windows import DAY
from millpond.simulate import Simulation
from millpond.simulate.simulation import Sent
from millpond.simulate.topics import CARDS, REPORTS, TRANSFERS, Event

DAYS_BEFORE: Final = 14
DAYS_TO_COME: Final = 12


@dataclass(frozen=True, kw_only=True, slots=True)
class Coming:
    """An event that is still to happen.

    Attributes:
        after_ms: how long after the beginning.
        topic, key, event: as the simulation has them; the time in the event is that of the simulation.
        pattern: of the fraud that it belongs to; None of everyday life.
    """

    after_ms: int
    topic: str
    key: str
    event: Event
    pattern: str | None


@dataclass(frozen=True, kw_only=True)
class Bank:
    """A bank at an instant.

    Attributes:
        history: what had arrived by then.
        to_come: copies of what happens later, each event's first, in the order in which they happen.
        truth: event id -> pattern of fraud, of all of it.
        seed: of everything random.
    """

    history: Simulation
    to_come: Sequence[Sent]
    truth: dict[str, str]
    seed: int

    @property
    def frauds(self) -> set[str]:
        """The ids of the transfers to come that are frauds."""
        transfers = (sent.event["event_id"] for sent in self.to_come if sent.topic == TRANSFERS.name)
        return self.truth.keys() & set(transfers)

    def spread(self, over_ms: int) -> list[Coming]:
        """What is to come, evenly over some time, in the order of it.

        Of everyday life some is left out: cards and reports, which no model of transfers reads so soon, and of each
        sender all transfers but one, drawn at random.
        """
        groups: dict[str | None, list[Sent]] = defaultdict(list)
        for sent in self._asked_about():
            groups[self.truth.get(sent.event["event_id"])].append(sent)
        return sorted(
            (
                Coming(
                    after_ms=int((number + 0.5) * over_ms / len(group)),
                    topic=sent.topic,
                    key=sent.key,
                    event=sent.event,
                    pattern=pattern,
                )
                for pattern, group in groups.items()
                for number, sent in enumerate(group)
            ),
            key=lambda coming: coming.after_ms,
        )

    def _asked_about(self) -> Iterator[Sent]:
        rng = Random(self.seed)
        drawn: dict[str, str] = {}  # sender -> the transfer that is kept
        seen: dict[str, int] = defaultdict(int)
        for sent in self.to_come:
            if self._is_honest(sent) and sent.topic == TRANSFERS.name:
                seen[sent.key] += 1
                if rng.randrange(seen[sent.key]) == 0:
                    drawn[sent.key] = sent.event["event_id"]
        for sent in self.to_come:
            is_kept = sent.topic not in (TRANSFERS.name, CARDS.name) or drawn.get(sent.key) == sent.event["event_id"]
            if sent.topic != REPORTS.name and (is_kept or not self._is_honest(sent)):
                yield sent

    def _is_honest(self, sent: Sent) -> bool:
        return sent.event["event_id"] not in self.truth


def bank(*, seed: int, customers: int, now_ms: int) -> Bank:
    """A bank whose history ends at an instant, ms UTC."""
    whole = Simulation(
        seed=seed, customers=customers, start_ms=now_ms - DAYS_BEFORE * DAY, days=DAYS_BEFORE + DAYS_TO_COME
    )
    arrived = 0
    later: dict[str, Sent] = {}
    for sent in whole:
        if sent.arrival_ms < now_ms:
            arrived += 1
        elif sent.event["occurred_at"] >= now_ms:
            later.setdefault(sent.event["event_id"], sent)
    history = Simulation(seed=seed, customers=customers, start_ms=whole.start_ms, days=whole.days, events=arrived)
    to_come = sorted(later.values(), key=lambda sent: sent.event["occurred_at"])
    return Bank(history=history, to_come=to_come, truth=dict(whole.truth), seed=seed)
