"""The enricher's replies: how they are read as they come, and whether they are what was to be answered.

Every request has a reply. Those of a key are in the order of its requests; who dies takes up again from what he had
committed, so a stretch of them may be there again, whole and in order, up to where it was and on from there:

    requests   1 2 3 4 5 6
    replies    1 2 3 4 | 3 4 5 6        right
               1 2 4 3 5 6              one overtook another
               1 2 3 5 6                one is lost
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Self

from confluent_kafka import Consumer, TopicPartition

from millpond.control.source_topic import PARTITIONS
from millpond.demo.ledger import RowDecoder
from tests.faults.judge import HONEST, USABLE
from tests.oracles.served import Held
from tests.serving.pool import ALIASES, WINDOWS

Place = tuple[int, int]
"""A request's partition and offset."""
FEATURES: Final = ("lines", "spend", "dearest")
MOST: Final = 1_000


class Asked(NamedTuple):
    """A request, as it lies in its topic: the event's id, its time and the household's key."""

    id: str
    ts: int
    key: bytes


class Reply(NamedTuple):
    """A reply as it lies in its topic; `at` is when the broker had it, ms."""

    partition: int
    key: bytes
    at: int
    place: Place
    as_of: int
    status: str
    statuses: Mapping[str, str]
    values: Mapping[str, Any]


class Replies:
    """Reads a topic of replies as they come.

    Attributes:
        all: so far, partition by partition in their order.
    """

    def __init__(self, kafka: str, registry: str, topic: str) -> None:
        self.all: list[Reply] = []
        self._decoder = RowDecoder(registry)
        self._consumer = Consumer({"bootstrap.servers": kafka, "group.id": topic, "log_level": 0})
        self._consumer.assign([TopicPartition(topic, partition, 0) for partition in range(PARTITIONS)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def take(self) -> list[Reply]:
        """What has come since."""
        new = [self._read(message) for message in self._consumer.consume(MOST, timeout=0) if message.error() is None]
        self.all += new
        return new

    def _read(self, message: Any) -> Reply:
        record = self._decoder.decode(message.value())
        return Reply(
            *(message.partition(), message.key(), message.timestamp()[1], (record["partition"], record["offset"])),
            *(round(record["as_of"].timestamp() * 1000), record["status"], record["statuses"], record["values"]),
        )


@dataclass
class Verdicts:
    """What was judged.

    Attributes:
        first: the first reply to each request.
        copies: replies to requests that had one.
        values, usable: in all replies; those that carried one.
        faults: what was wrong, in words.
    """

    first: dict[Place, Reply] = field(default_factory=dict)
    copies: int = 0
    values: int = 0
    usable: int = 0
    faults: list[str] = field(default_factory=list)


def judge(
    asked: Mapping[Place, Asked], replies: Sequence[Reply], right: Mapping[str, Mapping[tuple[str, str], Held]]
) -> Verdicts:
    """Judge all replies.

    Args:
        asked: every request.
        replies: partition by partition in their order.
        right: by the event's id, (keys, window) -> what its vector holds.
    """
    verdicts = Verdicts()
    for reply in replies:
        request = asked.get(reply.place)
        if request is None:
            verdicts.faults.append(f"a reply to {reply.place}, where no request is")
            continue
        if verdicts.first.setdefault(reply.place, reply) is not reply:
            verdicts.copies += 1
        verdicts.faults += _values(reply, request, right[request.id], verdicts)
    verdicts.faults += [
        f"request {place} of {asked[place].key!r} has no reply" for place in asked.keys() - verdicts.first
    ]
    verdicts.faults += _order(asked, replies)
    return verdicts


def _values(reply: Reply, request: Asked, right: Mapping[tuple[str, str], Held], verdicts: Verdicts) -> Iterator[str]:
    where = f"the reply to {reply.place}, event {request.id} of {request.key!r}"
    if (reply.key, reply.partition) != (request.key, reply.place[0]):
        yield f"{where}: its key is {reply.key!r}, in partition {reply.partition}"
    for alias, keys in ALIASES.items():
        for window in WINDOWS:
            held = right[keys, window]
            must = "present" if held.lines else "empty"
            for feature, value in zip(FEATURES, held, strict=True):
                place = f"{alias}__{feature}_{window}"
                status, said = reply.statuses[place], reply.values[place]
                verdicts.values += 1
                if status in USABLE:
                    verdicts.usable += 1
                    if (status, said, reply.as_of) != (must, value, request.ts):
                        yield (
                            f"{where}: {place} is {said}, {status}, as of {reply.as_of}, and must be {value}, {must}, "
                            f"as of {request.ts}"
                        )
                elif status not in HONEST:
                    yield f"{where}: the status {status!r} of {place} has no place here"
                elif said is not None:
                    yield f"{where}: {place} is {status}, and yet {said}"


def _order(asked: Mapping[Place, Asked], replies: Sequence[Reply]) -> Iterator[str]:
    """Every reply that does not follow the one before it of its key."""
    turn: dict[Place, int] = {}
    count: dict[bytes, int] = {}
    for place in sorted(asked):
        key = asked[place].key
        turn[place] = count.get(key, 0)
        count[key] = turn[place] + 1
    last: dict[bytes, int] = {}
    for reply in replies:
        here = turn.get(reply.place)
        if here is None:
            continue
        before = last.get(reply.key, -1)
        if here > before + 1:
            yield f"of {reply.key!r}, request {here + 1} at {reply.place} is answered behind its request {before + 1}"
        last[reply.key] = here
