"""The simulated bank, sent into Kafka part by part."""

from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import Final

from millpond.control.sender import Sender
from millpond.control.settings import Settings
from millpond.local.workspace import Workspace
from millpond.simulate import Simulation
from millpond.simulate.publish import open_topics
from millpond.simulate.simulation import Sent
from millpond.simulate.topics import DOCUMENTS, TRANSFERS

REMEMBERED: Final = {TRANSFERS.name: 400, DOCUMENTS.name: 40}
AHEAD: Final = 400  # arrivals


class Sending:
    """Sends events in the order of arrival.

    Attributes:
        latest: topic -> the events of it that arrived last.
        count: how many were sent.
    """

    def __init__(self, settings: Settings, simulation: Simulation) -> None:
        self.latest = {topic: deque[Sent](maxlen=most) for topic, most in REMEMBERED.items()}
        self.count = 0
        self._encoders = open_topics(settings, Workspace.find().root / "schemas", append=False)
        self._sender = Sender(settings.kafka)
        self._coming = iter(simulation)
        self._held: deque[Sent] = deque()

    def send(self, events: int) -> int:
        """Send so many more, and those of the same millisecond as the last; returns when that one arrived, ms.

        Returns:
            The instant until which everything has arrived.
        """
        arrival = -1
        for number, sent in enumerate(self._taken()):
            if number >= events and sent.arrival_ms > arrival:
                self._held.appendleft(sent)
                break
            arrival = sent.arrival_ms
            value = self._encoders[sent.topic](sent.event)
            self._sender.produce(sent.topic, key=sent.key.encode(), value=value, timestamp=arrival)
            if sent.topic in self.latest:
                self.latest[sent.topic].append(sent)
            self.count += 1
        self._sender.flush()
        return arrival

    def coming(self, topic: str) -> list[Sent]:
        """Those of the next arrivals that are of a topic."""
        self._held.extend(islice(self._coming, AHEAD - len(self._held)))
        return [sent for sent in self._held if sent.topic == topic]

    def _taken(self) -> Iterator[Sent]:
        while self._held:
            yield self._held.popleft()
        yield from self._coming
