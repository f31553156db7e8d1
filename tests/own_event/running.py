"""The run: sales are sent, two enrichers answer them, and the jobs stand still, die, and run."""

import io
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import mean
from typing import Any, Final, Literal, NamedTuple

import fastavro
import msgspec

from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.topics import Topic, Topics
from millpond.plan.clock import now_ms
from millpond.serve.freshness import REFRESH_MS
from millpond.store import proven
from millpond.store.nodes import Nodes
from tests.integration.deployed import materializing
from tests.integration.enriching import SCHEMA, enricher, messages_in, replies_in
from tests.integration.flink_world import register
from tests.integration.servers import until
from tests.integration.stacks import AnyStack
from tests.integration.tile_world import Process
from tests.oracles.own_event import Record
from tests.own_event.pool import SETS, pool
from tests.own_event.sending import JUNK, Sales, Sending

PARTITIONS: Final = 4
PARALLELISM: Final = 2
SEED: Final = 5
WITHIN_S: Final = 180.0
WIRE_BYTES: Final = 5  # before an Avro record
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MS: Final = timedelta(milliseconds=1)

Say = Callable[[str], None]


class Pause(NamedTuple):
    """How the jobs are held up.

    Attributes:
        after_s: of running.
        how: their TaskManager stands still, or is killed and, that much later, started again.
        seconds: how long.
    """

    after_s: float
    how: Literal["freeze", "kill"]
    seconds: float


PAUSES: Final = (Pause(8, "freeze", 5), Pause(12, "freeze", 7), Pause(12, "kill", 2))


class Reply(NamedTuple):
    """A reply, as whoever asked reads it; instants are ms.

    Attributes:
        request: its partition and offset.
        key: of its record.
        at: when it was sent.
        values, statuses: by place.
    """

    request: tuple[int, int]
    key: bytes | None
    at: int
    as_of: int
    status: str
    values: dict[str, Any]
    statuses: dict[str, str]


class Happened(NamedTuple):
    """What lies in the topics at the end; instants are ms.

    Attributes:
        records: sales that can be read, by partition and offset.
        unreadable: where others lie.
        replies: of each set, those of a key in the order of their offsets.
        dead_letters: of each set, the places of what they are of.
        running_since: from then on the jobs were not held up, and had caught up.
        held_up: from when to when each pause had its effect.
        load: of the machine, on average while they ran.
    """

    records: list[Record]
    unreadable: set[tuple[int, int]]
    replies: dict[str, list[Reply]]
    dead_letters: dict[str, list[tuple[int, int]]]
    running_since: int
    held_up: list[tuple[int, int]]
    load: float


@dataclass(kw_only=True)
class Shop:
    """Two sets over one job, asked by two enrichers.

    Attributes:
        topic: of the sales, which are the requests.
    """

    settings: Settings
    stack: AnyStack
    topic: str
    sending: Sending
    processes: dict[str, Process]
    say: Say

    def run(self, requests: int, pauses: Sequence[Pause]) -> Happened:
        """Send at least so many, half of them or more while the jobs run undisturbed."""
        self.sending.start()
        held_up = [self._hold_up(pause) for pause in pauses]
        running_since, before = now_ms(), self.sending.count
        self.say(f"{before:>7,} requests sent; from now on the jobs run")
        loads = []
        while self.sending.count < max(requests, before + requests // 2):
            self._watch(5.0)
            self.say(f"{self.sending.count:>7,} requests sent")
            loads.append(os.getloadavg()[0])
        sent = self.sending.stop()
        for name in SETS:
            until(lambda name=name: self._answered(name) >= sent, within_s=WITHIN_S, what=f"{name}: replies")  # type: ignore[misc]
        return self._happened(sent, running_since, held_up, mean(loads))

    def _hold_up(self, pause: Pause) -> tuple[int, int]:
        self._watch(pause.after_s)
        self.say(f"{self.sending.count:>7,} requests sent; {pause.how} the TaskManager for {pause.seconds} s")
        began = now_ms()
        (self.stack.freeze if pause.how == "freeze" else self.stack.kill)("taskmanager")
        self._watch(pause.seconds)
        (self.stack.thaw if pause.how == "freeze" else self.stack.restart)("taskmanager")
        again = now_ms()
        until(lambda: self._proven() >= again, within_s=WITHIN_S, what="the jobs do not catch up")
        self.say(f"{self.sending.count:>7,} requests sent; caught up {(now_ms() - again) / 1000:.1f} s after it")
        self._watch(REFRESH_MS / 1000)  # until every reader has looked at the stamps again
        return began, now_ms()

    def _watch(self, seconds: float) -> None:
        """Let time pass."""
        if self.sending.failure is not None:
            raise self.sending.failure
        for name, process in self.processes.items():
            assert process.popen.poll() is None, f"the enricher of {name} ended: {process.log.read_text()[-2000:]}"
        time.sleep(seconds)

    def _proven(self) -> int:
        """Up to when (ms) all that happened is in the store."""
        nodes = Nodes.connect(self.settings.store)
        try:
            stamps = proven.stamps(nodes, self.settings.ns)
        finally:
            nodes.close()
        return min(stamps.values(), default=0)

    def _answered(self, name: str) -> int:
        topics = Topics(self.settings.kafka)
        return sum(sum(topics.ends(topic)) for topic in (replies_of(self.topic, name), letters_of(self.topic, name)))

    def _happened(self, sent: int, running_since: int, held_up: list[tuple[int, int]], load: float) -> Happened:
        kafka, registry = self.settings.kafka, self.settings.registry
        messages = messages_in(kafka, self.topic)
        assert len(messages) == sent, "others sent sales, too"
        places = {
            name: [_place(message) for message in messages_in(kafka, letters_of(self.topic, name))] for name in SETS
        }
        return Happened(
            records=[_record(message) for message in messages if message.value() != JUNK],
            unreadable={(m.partition(), m.offset()) for m in messages if m.value() == JUNK},
            replies={name: [*map(_reply, replies_in(kafka, registry, replies_of(self.topic, name)))] for name in SETS},
            dead_letters=places,
            running_since=running_since,
            held_up=held_up,
            load=load,
        )


@contextmanager
def shop(settings: Settings, stack: AnyStack, folder: Path, rate: float, say: Say) -> Iterator[Shop]:
    """Everything runs inside, and has caught up."""
    settings = msgspec.structs.replace(settings, parallelism=PARALLELISM)
    topic = f"{settings.ns}.sales"
    compiled = pool(folder / "pool", topic)
    config = {"message.timestamp.type": "LogAppendTime"}
    Topics(settings.kafka).create([Topic(name=topic, partitions=PARTITIONS, config=config)])
    schema_id = register(settings, f"{topic}-value", SCHEMA)
    deploy(settings, compiled, start="earliest", say=say)
    with materializing(settings, stack), _enrichers(settings, folder, topic) as processes:
        until(lambda: all(process.said("continues at") for process in processes.values()), what="no enricher begins")
        sending = Sending(settings, Sales(schema_id, SEED), topic, PARTITIONS, rate)
        made = Shop(settings=settings, stack=stack, topic=topic, sending=sending, processes=processes, say=say)
        began = now_ms()
        until(lambda: made._proven() >= began, within_s=WITHIN_S, what="the jobs prove nothing")
        yield made


@contextmanager
def _enrichers(settings: Settings, folder: Path, topic: str) -> Iterator[dict[str, Process]]:
    found = {name: str(value) for name, value in msgspec.to_builtins(settings).items() if value != ""}
    processes: dict[str, Process] = {}
    try:
        for name in SETS:
            topics = ("--requests", topic, "--replies", replies_of(topic, name))
            letters = ("--dead-letters", letters_of(topic, name))
            processes[name] = enricher(found, folder / f"{name}.log", f"shop.{name}", *topics, *letters)
        yield processes
    finally:
        for process in processes.values():
            process.kill()


def replies_of(topic: str, name: str) -> str:
    """The topic of a set's replies."""
    return f"{topic}.{name}"


def letters_of(topic: str, name: str) -> str:
    """The topic of a set's dead letters."""
    return f"{topic}.{name}.dead"


def _record(message: Any) -> Record:
    one: Any = fastavro.schemaless_reader(io.BytesIO(message.value()[WIRE_BYTES:]), PARSED, None)
    return Record(
        partition=message.partition(),
        offset=message.offset(),
        arrival=message.timestamp()[1],
        ts=in_ms(one["sold_at"]),
        event_id=str(one["sale_id"]),
        customer=one["customer_id"],
        store=one["store_id"],
        amount=one["amount"],
    )


def _reply(one: Any) -> Reply:
    return Reply(
        request=one.request,
        key=one.message.key(),
        at=one.message.timestamp()[1],
        as_of=in_ms(one.record["as_of"]),
        status=one.record["status"],
        values=one.values,
        statuses=one.statuses,
    )


def in_ms(instant: datetime) -> int:
    """An instant as all others here are."""
    return (instant - EPOCH) // MS


def _place(letter: Any) -> tuple[int, int]:
    headers = dict(letter.headers())
    return int(headers["millpond.partition"]), int(headers["millpond.offset"])


PARSED: Final = fastavro.parse_schema(dict(SCHEMA))
