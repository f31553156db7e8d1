"""The replay: lines and plants as records, in the order of arrival, and the producer that sends them."""

import heapq
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from millpond.control.sender import Answer, Sender
from millpond.demo.encode import LineEncoder
from millpond.demo.lines import Line, Lines
from millpond.demo.plants import Plant, Planting


@dataclass(frozen=True, slots=True)
class Record:
    """One record to send; `timestamp` (ms) is its arrival, `number` that of the good line in it."""

    partition: int
    key: bytes | None
    value: bytes | None
    timestamp: int
    plant: Plant | None = None
    number: int = 0


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A planted record, and where it went."""

    plant: Plant
    value: bytes | None
    partition: int
    offset: int


class Replay:
    """All records of a replay, segment by segment; `now` is the instant (ms) it has come to.

    Args:
        lines: what happened.
        plan: what is planted among it.
        encoder: under the registered schema.
        partitions: of the source topic.
        lateness: of the source, ms.
    """

    def __init__(self, lines: Lines, plan: Planting, encoder: LineEncoder, *, partitions: int, lateness: int) -> None:
        self._lines = lines
        self._plan = plan
        self._encoder = encoder
        self._partitions = partitions
        self._lateness = lateness
        self._next_plant = 0
        self.now = 0

    def segment(self, start: int, end: int) -> Iterator[Record]:
        """The records of lines `start` + 1 to `end` with everything planted among them, in the order of arrival.

        Stragglers and copies that would arrive after the segment close it, so that after it exactly the first `end`
        lines have happened.
        """
        later: list[tuple[int, int, Record]] = []
        order = 0
        for line in self._lines.read(start, end):
            self.now = now = line[1]
            while later and later[0][0] <= now:
                yield heapq.heappop(later)[2]
            for record in self._records(line):
                if record.timestamp <= now:
                    yield record
                else:
                    order += 1
                    heapq.heappush(later, (record.timestamp, order, record))
            yield from self._planted(line)
        while later:
            yield heapq.heappop(later)[2]

    def _records(self, line: Line) -> Iterator[Record]:
        """A line as it arrives: on time or not, once, twice or never."""
        number, now, household = line[:3]
        plan = self._plan
        if number == plan.drop:
            return
        key = str(household).encode()
        partition = zlib.crc32(key) % self._partitions
        value = self._encoder.encode(line, event_id=str(number), sold_at=now)
        arrival = now + (self._lateness + 1 if number == plan.late else plan.arrivals.get(number, 0))
        yield Record(partition, key, value, arrival, number=number)
        if (copy := plan.copies.get(number)) is not None:
            delay, displaced = copy
            yield Record((partition + displaced) % self._partitions, key, value, now + delay, number=number)
        if number == plan.twice:
            again = self._encoder.encode(line, event_id=f"{number}-again", sold_at=now)
            yield Record(partition, key, again, now)

    def _planted(self, line: Line) -> Iterator[Record]:
        plants = self._plan.plants
        while self._next_plant < len(plants) and plants[self._next_plant].after <= line[0]:
            plant = plants[self._next_plant]
            value = plant.value(self._encoder, line, self._next_plant)
            self._next_plant += 1
            yield Record(plant.partition, plant.key, value, line[1], plant)


class SourceProducer(Sender):
    """Sends records to the source topic, and remembers where the plants went.

    Attributes:
        sent: the planted records that were delivered.
    """

    def __init__(self, kafka: str, topic: str, *, linger_ms: float = 20) -> None:
        super().__init__(kafka, linger_ms=linger_ms)
        self.topic = topic
        self.sent: list[Sent] = []

    def send(self, record: Record) -> None:
        """Hand a record over; waits while the buffer is full.

        Raises:
            MillpondError: an earlier record was not delivered.
        """
        self.produce(
            self.topic,
            key=record.key,
            value=record.value,
            timestamp=record.timestamp,
            partition=record.partition,
            headers=() if record.plant is None else record.plant.headers,
            on_delivery=self.on_delivery(record),
        )

    def on_delivery(self, record: Record) -> Answer:
        """What is called with the broker's answer to a record."""
        return self.answered if record.plant is None else self._remember(record.plant, record.value)

    def _remember(self, plant: Plant, value: bytes | None) -> Answer:
        def delivered(error: Any, message: Any) -> None:
            self.answered(error, message)
            if error is None:
                self.sent.append(Sent(plant=plant, value=value, partition=message.partition(), offset=message.offset()))

        return delivered
