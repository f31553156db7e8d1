"""An enricher from joining its group to leaving it.

    taken -> read as a request -> looked at, again and again where it waits -> answered -> delivered -> committed

One thread goes round. What waits is looked at again all at once, and holds up nobody but those of its own key. What was
taken is committed when the brokers have its answer; what was not is taken again by whoever has the partition then, and
may be answered twice, with the same partition and offset in it.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from threading import Event as Flag
from typing import Final

from millpond.materialize.bounds import Ask, Brokers
from millpond.materialize.seldom import Seldom
from millpond.plan.errors import ReadError
from millpond.serve import OpenSet, Reader, Vector
from millpond.serve.flow import Expected
from millpond.services.asked import Asked, DeadLetter
from millpond.services.inbox import Inbox
from millpond.services.lanes import Lanes, Progress
from millpond.services.metrics import Tally
from millpond.services.outbox import Outbox
from millpond.services.patience import again_ms
from millpond.services.reading import RequestReader, one_line
from millpond.services.recent import Recent
from millpond.services.registry import PAUSE_S, RegistryAway
from millpond.services.replies import Replies, Scored
from millpond.services.service import Service
from millpond.services.told import Told
from millpond.store.applied import TopicPart

BATCH: Final = 128  # requests a look: what is looked at together comes out together
IDLE_S: Final = 0.05
ANSWERS_S: Final = 0.002  # until the brokers are listened to again
COMMIT_S: Final = 1.0
DRAIN_S: Final = 10.0
MOST_REQUESTS: Final = 5_000  # on their way: more are not taken
MOST_BYTES: Final = 64_000_000

log = logging.getLogger("millpond.services")


class Shift:
    """One membership of the group.

    Args:
        kafka: the brokers' addresses.
        service: what is done.
        reader, opened: of the store and the set.
        replies: writes replies.
        recent: what takes requests as events; None where they are none.
        reading: makes requests of records.
        seldom: where outages are told.
        tally: where it is counted what is done.
        clock: the wall clock in ms.

    Raises:
        StartOver: the brokers do not answer.
        MillpondError: a topic is missing.
    """

    def __init__(
        self,
        *,
        kafka: str,
        service: Service,
        reader: Reader,
        opened: OpenSet,
        replies: Replies,
        recent: Recent | None,
        reading: RequestReader,
        seldom: Seldom,
        tally: Tally,
        clock: Callable[[], int],
    ) -> None:
        self._service, self._reader, self._opened, self._replies = service, reader, opened, replies
        self._recent, self._reading, self._seldom, self._clock = recent, reading, seldom, clock
        self._lanes: Lanes[Asked] = Lanes()
        self._waiting: list[Asked] = []  # what has no answer yet, in the order it was taken
        self._away: dict[tuple[int, int], Asked] = {}  # what is not delivered yet, by partition and offset
        self._bytes = 0  # of those
        self._progress: dict[int, Progress] = {}
        self._committed: dict[int, int] = {}
        self._is_leaving = False
        self._told = Told(log)
        self._tally = tally
        self._lag: dict[int, int] = {}
        self._ask: Ask | None = None
        self._brokers = Brokers(kafka, clock, seldom)
        self._outbox = Outbox(
            kafka,
            requests=service.requests,
            replies=service.replies,
            dead_letters=service.dead_letters,
            delivered=self._delivered,
            seldom=seldom,
        )
        self._inbox = Inbox(
            kafka,
            service.requests,
            service.group,
            begin=service.begin,
            back_ms=0 if recent is None else recent.keep_ms,
            now=clock,
            assigned=self._assigned,
            revoked=self._revoked,
            seldom=seldom,
        )

    def run(self, stop: Flag) -> None:
        """Answer until stopped, and leave in good order.

        Raises:
            StartOver: Kafka does not let it go on; what was not committed is answered again.
        """
        commit_at = time.monotonic() + COMMIT_S
        try:
            while not stop.is_set():
                self._take()
                self._round()
                if time.monotonic() >= commit_at:
                    self._commit(self._progress)
                    self._look_around()
                    commit_at = time.monotonic() + COMMIT_S
            self._drain(list(self._progress))
        finally:
            self._is_leaving = True
            self._outbox.abandon()
            self._inbox.close()
            self._tally.stands(waiting=0, lag={})
            log.info("left the group")

    # --- taking ---

    def _take(self) -> None:
        self._inbox.pause(is_full=len(self._away) >= MOST_REQUESTS or self._bytes >= MOST_BYTES)
        for message in self._inbox.take(self._idle_s(), BATCH):
            asked = Asked(message, time.monotonic())
            progress = self._progress.get(asked.partition)
            if progress is None:
                continue  # it was taken away, and its next owner takes it
            if asked.offset < progress.start:
                self._look_back(asked)
                continue
            progress.took(asked.offset)
            self._away[asked.partition, asked.offset] = asked
            self._bytes += asked.size
            self._lanes.add(asked)
            self._waiting.append(asked)
            self._told.count("requests")
            self._tally.took()
            self._read(asked)

    def _idle_s(self) -> float:
        due = min((asked.due_at for asked in self._waiting), default=None)
        idle = IDLE_S if not self._away else ANSWERS_S
        return idle if due is None else min(idle, max(0.0, due - time.monotonic()))

    def _read(self, asked: Asked) -> None:
        """Make a request of a record."""
        try:
            self._reading.read(asked)
        except DeadLetter as why:
            # Anew: what was raised holds on to the request by its traceback, and both were left to the collector.
            asked.answer = DeadLetter(why.reason, why.detail)
        except RegistryAway as away:
            asked.due_at = time.monotonic() + PAUSE_S
            self._seldom.warn("the schema registry does not answer, and requests of new schemas wait", away)
        else:
            self._saw(asked)

    def _saw(self, asked: Asked) -> None:
        if self._recent is not None and asked.event is not None and asked.refused is None:
            self._recent.saw(asked.event, self._clock())

    def _look_back(self, asked: Asked) -> None:
        """Remember the event of a request that was answered before the partition became ours."""
        try:
            self._reading.read(asked)
        except DeadLetter:
            return  # it is no event
        except RegistryAway as away:
            self._seldom.warn(
                "the schema registry does not answer, and events that were asked about lately are not known", away
            )
            return
        self._saw(asked)

    # --- looking, answering, sending ---

    def _round(self) -> None:
        now = time.monotonic()
        due = [asked for asked in self._waiting if asked.due_at <= now]
        for asked in due:
            if asked.request is None and asked.answer is None:
                self._read(asked)
        readable = [asked for asked in due if asked.request is not None and asked.answer is None]
        for at in range(0, len(readable), BATCH):
            self._look(self._worth_a_read(readable[at : at + BATCH]))
        answered = [asked for asked in self._waiting if asked.is_answered]
        if answered:
            self._waiting = [asked for asked in self._waiting if not asked.is_answered]
            for lane in dict.fromkeys(asked.lane for asked in answered):
                for leaving in self._lanes.leaving(lane):
                    self._outbox.send(leaving)
        self._outbox.hear()

    def _worth_a_read(self, asked: Sequence[Asked]) -> Sequence[Asked]:
        """Those whose vectors are not `behind` for certain; what the others lack is looked for, at a fraction of it."""
        began = time.monotonic()
        lacking = {
            one: expected
            for one in asked
            if (began - one.taken_at) * 1000 < self._wait_ms(one) and (expected := self._lacks(one)) is not None
        }
        requests = [one.request or {} for one in lacking]
        if not lacking or not self._opened.look_for(requests, [*lacking.values()], timeout_ms=self._service.read_ms):
            return asked  # what the store is like is told by a read
        now = time.monotonic()
        waiting = {one for one in lacking if self._lacks(one) is not None}
        for one in waiting:
            one.due_at = now + again_ms((now - began) * 1000) / 1000
        return [one for one in asked if one not in waiting]

    def _lacks(self, asked: Asked) -> Expected | None:
        """The events without which its vector is `behind` for certain; None where there are none."""
        expected = self._expected(asked)
        if self._recent is None or asked.event is None or expected is None:
            return None
        return expected if self._recent.is_in_vain(asked.event, expected) else None

    def _expected(self, asked: Asked) -> Expected | None:
        if self._recent is None or asked.event is None:
            return None
        return self._recent.expected(asked.event, self._opened.publication, self._reader.connections)

    def _wait_ms(self, asked: Asked) -> int:
        return 0 if self._is_hopeless(asked) else self._service.patience.wait_ms

    def _look(self, asked: Sequence[Asked]) -> None:
        """Read the vectors of some requests; those that are enough become answers."""
        if not asked:
            return
        began = time.monotonic()
        vectors = self._vectors(asked)
        now = time.monotonic()
        again = now + again_ms((now - began) * 1000) / 1000
        enough: list[tuple[Asked, Vector]] = []
        for one, vector in zip(asked, vectors, strict=True):
            if vector is None:
                continue
            waited_ms = (now - one.taken_at) * 1000
            if self._service.patience.is_enough(vector.statuses, waited_ms, is_hopeless=self._is_hopeless(one)):
                self._told.answered(vector.status, waited_ms)
                one.status = vector.status
                enough.append((one, vector))
            else:
                one.due_at = again
        self._answer(enough)

    def _vectors(self, asked: Sequence[Asked]) -> list[Vector | None]:
        """The vector of each; None for one that is no request of the set, which is then a dead letter."""
        try:
            return [*self._opened.read_many(
                [one.request or {} for one in asked],
                timeout_ms=self._service.read_ms,
                expected=[self._expected(one) for one in asked],
            )]  # fmt: skip
        except ReadError as wrong:
            if len(asked) > 1:
                return [vector for one in asked for vector in self._vectors([one])]
            asked[0].answer = DeadLetter("bad_request", one_line(wrong))
            return [None]

    def _is_hopeless(self, asked: Asked) -> bool:
        return asked.refused is not None and self._recent is not None and self._recent.waits_for_own

    def _answer(self, answered: Sequence[tuple[Asked, Vector]]) -> None:
        scoring = self._service.scoring
        scores: Sequence[Scored | None] = [None] * len(answered)
        if scoring is not None:
            scores = scoring.scores([vector for _, vector in answered])
        now = time.monotonic()
        for (asked, vector), scored in zip(answered, scores, strict=True):
            self._tally.answered(
                now - asked.taken_at,
                is_degraded=scored is not None and scored.is_degraded,
                has_failed=scored is not None and scored.has_failed,
            )
            asked.answer = self._replies.encode(
                vector, self._reason(asked, vector), partition=asked.partition, offset=asked.offset, scored=scored
            )

    def _reason(self, asked: Asked, vector: Vector) -> str:
        if vector.reason or "behind" not in vector.statuses:
            return vector.reason
        if self._is_hopeless(asked):
            return f"no job counts its event: {asked.refused}"
        return f"not all that happened was in the store after {self._service.patience.wait_ms} ms"

    def _delivered(self, asked: Asked) -> None:
        if self._away.pop((asked.partition, asked.offset), None) is not None:
            self._bytes -= asked.size
            self._progress[asked.partition].done(asked.offset)
        if isinstance(asked.answer, DeadLetter):
            self._told.count("dead letters")
            self._tally.buried(asked.answer.reason)
        else:
            self._told.count("replies")
            self._tally.replied(asked.status, max(0, self._clock() - asked.arrival) / 1000)

    # --- once a second ---

    def _look_around(self) -> None:
        """Say how things stand, and ask the brokers how much more there is."""
        if self._ask is not None and self._ask.is_answered:
            bounds = self._brokers.answer(self._ask).bounds
            self._lag = {
                part.partition: max(0, found.end - self._progress[part.partition].position)
                for part, found in bounds.items()
                if part.partition in self._progress
            }
            self._ask = None
        if self._ask is None:
            self._ask = self._brokers.ask(TopicPart(self._service.requests, one) for one in self._progress)
        self._tally.stands(waiting=len(self._waiting), lag=self._lag)
        self._told.now_and_then(len(self._waiting))

    # --- partitions ---

    def _assigned(self, places: Mapping[int, int]) -> None:
        for partition, place in places.items():
            self._progress[partition] = Progress(place)

    def _revoked(self, partitions: Sequence[int], is_lost: bool) -> None:
        try:
            if not (is_lost or self._is_leaving):
                self._drain(partitions)
        finally:
            self._forget(set(partitions))

    def _drain(self, partitions: Sequence[int]) -> None:
        """Answer what was taken of some partitions, and commit it; what is not answered in time is not lost either."""
        deadline = time.monotonic() + DRAIN_S
        gone = set(partitions)
        while any(partition in gone for partition, _ in self._away) and time.monotonic() < deadline:
            self._round()
            self._outbox.hear(ANSWERS_S)
        self._commit({p: progress for p, progress in self._progress.items() if p in gone}, wait=True)

    def _forget(self, partitions: Collection[int]) -> None:
        for partition in partitions:
            self._progress.pop(partition, None)
            self._committed.pop(partition, None)
            self._lag.pop(partition, None)
        for (partition, offset), asked in list(self._away.items()):
            if partition in partitions:
                del self._away[partition, offset]
                self._bytes -= asked.size
                self._lanes.drop(asked.lane)
        self._waiting = [asked for asked in self._waiting if asked.partition not in partitions]

    def _commit(self, progress: Mapping[int, Progress], *, wait: bool = False) -> None:
        places = {p: one.position for p, one in progress.items() if self._committed.get(p, one.start) != one.position}
        if self._inbox.commit(places, wait=wait):
            self._committed.update(places)
