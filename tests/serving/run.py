"""One run over a store: vectors are read and requests answered, and one part after the other is killed."""

import random
import time
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from millpond.control.topics import Topics
from millpond.demo.ledger import RowDecoder, read_topic
from millpond.plan.clock import now_ms
from millpond.plan.errors import MillpondError
from millpond.plan.names import dead_letter_topic
from millpond.serve import OpenSet, Reader
from millpond.serve.status import SEVERITY
from tests.faults.judge import USABLE, Judge
from tests.faults.judge import Reply as Read
from tests.faults.reading import read_log
from tests.faults.stage import views_of
from tests.oracles.served import Event, held
from tests.serving.kinds import KINDS
from tests.serving.pool import FEATURES_OF, KEYS_OF, SETS, WINDOWS
from tests.serving.recovery import MOST_BAD, recovered
from tests.serving.replies import Asked, Place, Replies, Reply, judge
from tests.serving.sabotage import EVIDENCE
from tests.serving.stage import NS, OF, READ_TIMEOUT_MS, READERS, STALE_AFTER_MS, Stage, Store, staged

BEGINS_WITHIN_S: Final = 240.0
RECOVERS_WITHIN_S: Final = 240.0
ANSWERED_WITHIN_S: Final = 60.0
CALM_S: Final = 5.0  # all is well again when it was for so long
LEAST_S: Final = 35.0  # between two kills: what waits for a stamp to grow old is seen, too
PROBE_S: Final = 0.2
LATE_MS: Final = 2_000  # a reply that took longer was held up
LEAST_USABLE: Final = 0.2  # of all values: else next to nothing was judged
TOLD: Final = 20


class Answers(msgspec.Struct, kw_only=True):
    """What was answered in the first seconds after a kill, of vectors that were read or requests that were sent.

    Attributes:
        asked: how many.
        statuses: the worst of each answer -> how often.
        recovered_s: from the kill until all was well again; None where it never was.
        slowest_ms: how long the slowest answer took.
    """

    asked: int = 0
    statuses: dict[str, int] = {}
    recovered_s: float | None = None
    slowest_ms: int = 0


class Death(msgspec.Struct, kw_only=True):
    """One kill: of what kind, which part, and what came of it."""

    kind: str
    part: str
    vectors: Answers
    requests: Answers


class Result(msgspec.Struct, kw_only=True):
    """What a run showed.

    Attributes:
        rate: requests a second, and vectors read.
        vectors, values, usable: read, values in them, those that carried one.
        requests, replies: how many; a request may have several replies.
        answered, answered_usable: values in replies, those that carried one.
        wrong, faults: how many things were wrong, and the first of them.
    """

    store: Store
    seed: int
    rate: float
    deaths: list[Death] = []
    vectors: int = 0
    values: int = 0
    usable: int = 0
    requests: int = 0
    replies: int = 0
    answered: int = 0
    answered_usable: int = 0
    took_s: float = 0.0
    wrong: int = 0
    faults: tuple[str, ...] = ()


def play(
    store: Store, kinds: Sequence[str], folder: Path, *, seed: int, rate: float, damage: Sequence[str] = (), say: Any
) -> Result:
    """Play one run; all that went wrong is in the result.

    Args:
        damage: done on purpose, by names (see sabotage.py): it must be found.
        say: told each step.
    """
    result = Result(store=store, seed=seed, rate=rate)
    began = time.monotonic()
    faults: list[str] = []
    try:
        with staged(store, folder, seed=seed, rate=rate) as stage:
            run = _Run(stage, result, faults, damage, say)
            run.kill(kinds)
            run.collect()
        run.judge()
    except Exception as error:  # noqa: BLE001 - whatever ends a run is what is wrong with it
        faults.insert(0, str(error) if isinstance(error, MillpondError) else repr(error))
    result.wrong, result.faults = len(faults), tuple(faults[:TOLD])
    result.took_s = round(time.monotonic() - began, 1)
    return result


class _Calm:
    """Whether all is well: what was probed and answered in the last seconds."""

    def __init__(self, stage: Stage, opened: Sequence[OpenSet], replies: Replies) -> None:
        self._stage, self._opened, self._replies = stage, opened, replies
        self._draw = random.Random(0)
        self._probed: deque[tuple[float, bool]] = deque()
        self._answered: deque[tuple[float, bool]] = deque()
        self._due = 0.0

    def look(self) -> bool:
        """Look once; whether nothing was amiss for a while."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + PROBE_S
            for opened in self._opened:
                vector = opened.read(self._draw.choice(self._stage.asked), timeout_ms=READ_TIMEOUT_MS)
                self._probed.append((now, vector.status in USABLE))
        self._answered += [(now, _is_good(reply)) for reply in self._replies.take()]
        for some in (self._probed, self._answered):
            while some and some[0][0] < now - CALM_S:
                some.popleft()
        enough = 0.9 * self._stage.rate * CALM_S
        return len(self._answered) >= enough and all(map(_mostly_good, (self._probed, self._answered)))


def _mostly_good(some: Sequence[tuple[float, bool]]) -> bool:
    return sum(not is_good for _, is_good in some) <= MOST_BAD * len(some)


def _is_good(reply: Reply) -> bool:
    """Whether it is to be used, and came in time: its vector is of the instant the request was sent."""
    return reply.status in USABLE and reply.at - reply.as_of <= LATE_MS


class _Run:
    def __init__(self, stage: Stage, result: Result, faults: list[str], damage: Sequence[str], say: Any) -> None:
        self._stage, self._result, self._faults, self._damage, self._say = stage, result, faults, damage, say
        self._kills: list[tuple[str, str, int]] = []  # kind, part, when (ms)
        self._end = 0
        self._replies: list[Reply] = []
        self._asked: dict[Place, Asked] = {}
        self._events: list[Event] = []

    # --- while it happens ---

    def kill(self, kinds: Sequence[str]) -> None:
        """One part after the other, and each time wait until all is well again; then ask nothing more."""
        stage, at = self._stage, self._stage.settings
        with (
            Reader.connect(at.store, ns=NS, stale_after_ms=STALE_AFTER_MS) as reader,
            Replies(at.kafka, at.registry, stage.replies) as replies,
        ):
            calm = _Calm(stage, [reader.open(name, version=1) for name in SETS], replies)
            if not stage.pause(BEGINS_WITHIN_S, until=calm.look):
                raise MillpondError(
                    "vectors and replies did not become right", where=str(stage.folder), mend="see logs"
                )
            self._say("all is well: vectors are read, and requests answered")
            for kind in kinds:
                self._kill(kind, calm)
            self._end = now_ms()
            stage.stop_asking()
            stage.pause(ANSWERED_WITHIN_S, until=lambda: self._are_answered(replies))
            # From now on every event is known for longer than readers may lag behind.
            stage.pause(STALE_AFTER_MS / 1000 + CALM_S)
            replies.take()
            self._replies = replies.all

    def _kill(self, kind: str, calm: _Calm) -> None:
        stage, before = self._stage, self._stage.restarts()
        at = now_ms()
        part = KINDS[kind].act(stage)
        self._kills.append((kind, part, at))
        stage.pause(LEAST_S - (now_ms() - at) / 1000, until=lambda: calm.look() and False)
        deadline = time.monotonic() + RECOVERS_WITHIN_S
        is_well = False
        while not is_well and time.monotonic() < deadline:
            stage.pause(deadline - time.monotonic(), until=calm.look)
            # As much again, for the figures: they leave out what is on its way at the next kill.
            stage.pause(CALM_S + LATE_MS / 1000, until=lambda: calm.look() and False)
            is_well = calm.look()
        self._say(f"{kind} ({part}): {'well' if is_well else 'NOT well'} {(now_ms() - at) / 1000:.0f} s later")
        if not is_well:
            self._faults.append(f"{kind}: not well {RECOVERS_WITHIN_S:.0f} s after {part} was killed")
        for name, count in stage.restarts().items():
            if name != part and count != before[name]:
                self._faults.append(f"{kind}: {name} died, too, and was started again")

    def _are_answered(self, replies: Replies) -> bool:
        replies.take()
        return len({reply.place for reply in replies.all}) >= sum(
            Topics(self._stage.settings.kafka).ends(self._stage.requests)
        )

    # --- afterwards ---

    def collect(self) -> None:
        """What is judged when the stack has stopped."""
        self._asked, self._events = self._requests()
        self._faults += self._dead_letters()
        self._stage.close()

    def judge(self) -> None:
        """Every answer, and every figure."""
        stage, result, asked, events = self._stage, self._result, self._asked, self._events
        assert stage.producer is not None and stage.asking is not None, "begun"
        if len({event.id for event in events}) != len(stage.asking.lines):
            self._faults.append(f"{len(stage.asking.lines)} events were sent, and others are in the topic")
        replies = self._replies
        for name in self._damage:
            replies = EVIDENCE[name](replies)
        right = held(events, WINDOWS, includes=OF[result.store] == "include")
        answered = judge(asked, replies, right)
        logs = {kind: read_log(stage.log_of(kind)) for kind in READERS}
        reads = sorted((read for log in logs.values() for read in log), key=lambda read: read.asked)
        delivered = stage.producer.delivered(stage.asking.lines)
        judge_of_reads = Judge(delivered, stale_after=STALE_AFTER_MS, features=FEATURES_OF, key_of=KEYS_OF)
        plans = {plan.full_name: plan for plan in stage.pool.sets}
        read = judge_of_reads.judge(reads, [[views_of(plans[name], one) for one in stage.asked] for name in SETS])
        self._faults += [*answered.faults, *read.faults]
        if read.undecided:
            self._faults.append(f"{read.undecided} windows read have too many possible values to be judged")
        for what, usable, values in (
            ("read", read.usable, read.values),
            ("answered", answered.usable, answered.values),
        ):
            if usable < LEAST_USABLE * values:
                self._faults.append(f"of {values} values {what}, {usable} were usable: next to nothing was judged")
        result.vectors, result.values, result.usable = read.vectors, read.values, read.usable
        result.requests, result.replies = len(asked), len(replies)
        result.answered, result.answered_usable = answered.values, answered.usable
        self._deaths(reads, asked, answered.first)

    def _requests(self) -> tuple[dict[Place, Asked], list[Event]]:
        """Every request as it lies in its topic, and as an event."""
        stage, asked, events = self._stage, {}, []
        with RowDecoder(stage.settings.registry) as decoder:
            for message in read_topic(Topics(stage.settings.kafka), stage.requests):
                value, key, partition, offset = message.value(), message.key(), message.partition(), message.offset()
                assert value is not None and key is not None and partition is not None and offset is not None
                row = decoder.decode(value)
                ts = round(row["sold_at"].timestamp() * 1000)
                asked[partition, offset] = Asked(row["event_id"], ts, key)
                cents = int(row["paid"].scaleb(2))
                events.append(Event(row["event_id"], row["household_id"], row["store_id"], ts, cents))
        return asked, events

    def _dead_letters(self) -> Iterable[str]:
        """What was refused, though all is good."""
        stage = self._stage
        topics = Topics(stage.settings.kafka)
        for topic in (stage.dead_letters, *(dead_letter_topic(NS, job) for job in stage.jobs)):
            if count := sum(topics.ends(topic)):
                yield f"{count} good records are in {topic}"

    def _deaths(self, reads: Sequence[Read], asked: Mapping[Place, Asked], first: Mapping[Place, Reply]) -> None:
        vectors = [(r.asked, r.answered - r.asked, _worst(r.statuses), USABLE.issuperset(r.statuses)) for r in reads]
        requests = [
            (asked[place].ts, reply.at - asked[place].ts, reply.status, _is_good(reply))
            for place, reply in first.items()
        ]
        ends = [*(at for _, _, at in self._kills[1:]), self._end]
        for (kind, part, at), end in zip(self._kills, ends, strict=True):
            both = [_answers(some, since=at, until=end) for some in (vectors, requests)]
            self._result.deaths.append(Death(kind=kind, part=part, vectors=both[0], requests=both[1]))
            for what, answers in zip(("vectors read", "requests"), both, strict=True):
                if answers.recovered_s is None:
                    self._faults.append(f"{kind}: {what} never became right again")


def _worst(statuses: Sequence[Any]) -> str:
    return max(statuses, key=SEVERITY.__getitem__, default="unavailable")


def _answers(some: Sequence[tuple[int, int, str, bool]], *, since: int, until: int) -> Answers:
    """Of (when it was asked, how long it took, its status, whether all was well)."""
    until -= LATE_MS  # what is on its way when the next part is killed is hurt by that
    inside = [each for each in some if since <= each[0] < until]
    soon = [each for each in inside if each[0] < since + LEAST_S * 1000]
    return Answers(
        asked=len(soon),
        statuses=dict(Counter(status for _, _, status, _ in soon).most_common()),
        recovered_s=recovered(((at, is_good) for at, _, _, is_good in inside), since=since, until=until),
        slowest_ms=max((took for _, took, _, _ in soon), default=0),
    )
