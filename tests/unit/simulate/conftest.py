"""One simulated bank for all tests, long enough for every label to be reported."""

from collections import defaultdict
from dataclasses import dataclass, field

import pytest

from millpond.simulate import Sent, Simulation
from millpond.simulate.topics import Event


@dataclass(kw_only=True)
class Stream:
    """A simulation that ran, its copies, and its events by topic, each once and in the order of arrival."""

    simulation: Simulation
    sent: list[Sent]
    events: dict[str, list[Event]] = field(default_factory=lambda: defaultdict(list))


@pytest.fixture(scope="session")
def stream() -> Stream:
    simulation = Simulation(seed=7, customers=600, days=40)
    stream = Stream(simulation=simulation, sent=list(simulation))
    seen = set()
    for one in stream.sent:
        if one.event["event_id"] not in seen:
            seen.add(one.event["event_id"])
            stream.events[one.topic].append(one.event)
    return stream
