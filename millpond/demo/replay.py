"""The replay: lines and plants as records, in the order of arrival, and the producer that sends them."""

import heapq
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from confluent_kafka import Producer

from millpond.demo.encode import LineEncoder
from millpond.demo.lines import Line, Lines
from millpond.demo.plants import Plant, Planting
from millpond.plan.errors import MillpondError

FLUSH_S: Final = 120.0
FLUSH_STEP_S: Final = 0.2
ABANDON_S: Final = 1.0


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


class SourceProducer:
    """Sends records to the source topic; counts what was sent and remembers where the plants went.

    Attributes:
        count: records handed over, good and planted.
        sent: the planted records that were delivered.
    """

    def __init__(self, kafka: str, topic: str, *, linger_ms: float = 20) -> None:
        self.topic = topic
        self.count = 0
        self.sent: list[Sent] = []
        self._failed: list[str] = []
        self._producer = Producer(
            {
                "bootstrap.servers": kafka,
                "acks": "all",
                "enable.idempotence": True,
                "linger.ms": linger_ms,
                "compression.type": "lz4",
                "queue.buffering.max.messages": 200_000,
                "delivery.timeout.ms": 120_000,
                "log_level": 0,  # what is not delivered is told by send and flush
            }
        )

    def send(self, record: Record) -> None:
        """Hand a record over; waits while the buffer is full.

        Raises:
            MillpondError: an earlier record was not delivered.
        """
        plant = record.plant
        while True:
            try:
                self._producer.produce(
                    self.topic,
                    value=record.value,
                    key=record.key,
                    partition=record.partition,
                    timestamp=record.timestamp,
                    headers=None if plant is None else list(plant.headers),
                    on_delivery=self.on_delivery(record),
                )
                break
            except BufferError:
                self._producer.poll(0.1)
        self.count += 1
        if self.count % 1000 == 0:
            self.hear()

    def hear(self) -> None:
        """Take what the broker has answered so far.

        Raises:
            MillpondError: an earlier record was not delivered.
        """
        self._producer.poll(0)
        self._check()

    def on_delivery(self, record: Record) -> Callable[[Any, Any], None]:
        """What is called with the broker's answer to a record."""
        return self._note if record.plant is None else self._remember(record.plant, record.value)

    def _note(self, error: Any, _message: Any) -> None:
        if error is not None:
            self._failed.append(str(error))

    def _remember(self, plant: Plant, value: bytes | None) -> Callable[[Any, Any], None]:
        def delivered(error: Any, message: Any) -> None:
            self._note(error, message)
            if error is None:
                self.sent.append(Sent(plant=plant, value=value, partition=message.partition(), offset=message.offset()))

        return delivered

    def _check(self) -> None:
        if self._failed:
            raise MillpondError(
                f"a record was not delivered: {self._failed[0]}", where=self.topic, mend="see the broker's log"
            )

    def flush(self, check: Callable[[], None] = lambda: None) -> None:
        """Wait until everything is delivered.

        Args:
            check: called now and then; looks after the broker, for one.

        Raises:
            MillpondError: something was not.
        """
        deadline = time.monotonic() + FLUSH_S
        while (left := self._producer.flush(FLUSH_STEP_S)) and time.monotonic() < deadline:
            check()
        self._check()
        if left:
            raise MillpondError(
                f"{left} records were not delivered in {FLUSH_S:.0f} s", where=self.topic, mend="see the broker's log"
            )

    def abandon(self) -> None:
        """Throw away what was not sent yet."""
        self._producer.purge()
        self._producer.flush(ABANDON_S)
