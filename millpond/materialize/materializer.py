"""The materializer: tile topics in, guarded writes out, with its place kept in the store beside the data."""

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from redis.exceptions import RedisError, ResponseError

from millpond.materialize.avro import AvroSchema
from millpond.materialize.bounds import Ask, Brokers
from millpond.materialize.consumer import Inbox
from millpond.materialize.following import Following, followed
from millpond.materialize.journal import Journal
from millpond.materialize.mender import Mender
from millpond.materialize.positions import Positions
from millpond.materialize.progress import JobProgress
from millpond.materialize.retry import Stopped, insist
from millpond.materialize.rows import Record
from millpond.materialize.schemas import fetcher
from millpond.materialize.schemas import is_transient as is_registry_outage
from millpond.materialize.seldom import Seldom
from millpond.materialize.tally import Tally
from millpond.plan.clock import now_ms
from millpond.store.applied import TopicPart
from millpond.store.documents import place_key
from millpond.store.guard import GuardedWrite
from millpond.store.proven import Claim
from millpond.store.writer import TRANSIENT, Writer

TICK_S: Final = 1.0
RATES_S: Final = 5.0

log = logging.getLogger("millpond.materialize")


def is_store_outage(failure: Exception) -> bool:
    """True where the same command may succeed later."""
    return isinstance(failure, TRANSIENT) or (
        isinstance(failure, ResponseError) and str(failure).startswith(("MISCONF", "NOREPLICAS", "BUSY"))
    )


class Materializer:
    """One process of the group.

    Args:
        kafka: the brokers' addresses.
        registry: the schema registry's Confluent API.
        ns: the environment.
        writer: of the store.
        stop: set to make `run` return.
        clock: the wall clock in ms.
    """

    def __init__(
        self,
        *,
        kafka: str,
        registry: str,
        ns: str,
        writer: Writer,
        stop: threading.Event,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._ns = ns
        self._writer = writer
        self._journal = Journal(kafka, ns)
        self._stop = stop
        self._fetch = self._insisting(fetcher(registry))
        self._seldom = Seldom()
        self._clock = clock
        self._brokers = Brokers(kafka, clock, self._seldom)
        self._inbox = Inbox(kafka, ns, self._own, self._seldom)
        self._positions = Positions(writer, self._brokers)
        self._following = Following(ns, {}, self._fetch)
        self._mender = Mender(kafka, writer.client_of, ns, clock)
        self._tally = Tally()
        self._ask: Ask | None = None
        self._place_at = 0.0
        self._rates_at = time.monotonic()

    def run(self) -> None:
        """Materialize until stopped.

        Raises:
            MillpondError: a record cannot be read, or the Kafka consumer failed for good.
            RedisError: the store refused a command in a way that waiting does not mend.
        """
        tick_at = 0.0
        try:
            while not self._stop.is_set():
                if time.monotonic() >= tick_at:
                    self._tick()
                    tick_at = time.monotonic() + TICK_S
                if self._positions.waiting and time.monotonic() >= self._place_at:
                    self._place()
                self._hear()
                if self._following.jobs:
                    self._apply(self._inbox.take())
                else:
                    self._stop.wait(TICK_S)
        except Stopped as stopped:
            log.warning("stopped while %s failed; it is done again after the next start", stopped)
        finally:
            self._leave()

    # --- what is followed, and from where ---

    def _refresh(self) -> None:
        self._journal.follow()
        self._journal.restore(self._writer.client_of(place_key(self._ns)))
        jobs = followed(self._journal.jobs)
        if self._journal.end is None or jobs == self._following.jobs:
            return
        added, removed = jobs.keys() - self._following.jobs.keys(), self._following.jobs.keys() - jobs.keys()
        log.info("jobs: added %s, removed %s", sorted(added) or "none", sorted(removed) or "none")
        self._following = Following(self._ns, jobs, self._fetch)
        self._own([*self._positions.applied, *self._positions.waiting])
        self._inbox.subscribe(self._following.topics)

    def _own(self, parts: Sequence[TopicPart]) -> None:
        self._positions.own(part for part in parts if part.topic in self._following.tiles)
        self._mender.own(self._positions.waiting)
        self._place_at = 0.0

    def _place(self) -> None:
        before = len(self._positions.waiting)
        try:
            self._positions.place()
        except TRANSIENT as failure:
            self._seldom.warn("the store does not say where to continue", failure)
        if len(self._positions.waiting) < before:
            self._inbox.continue_at(self._positions.applied)
        self._place_at = time.monotonic() + TICK_S

    # --- records ---

    def _apply(self, records: Sequence[Record]) -> None:
        runs: dict[tuple[str | None, int | None], list[Record]] = {}
        for record in records:
            runs.setdefault((record.topic(), record.partition()), []).append(record)
        reached: dict[TopicPart, int] = {}
        rows: dict[str, list[Record]] = {}
        for (topic, partition), run in runs.items():
            part = TopicPart(topic or "", partition or 0)
            full = [record for record in run if record.value() is not None]
            self._tally.add("tombstones", part.topic, len(run) - len(full))
            end = (run[-1].offset() or 0) + 1
            if part in self._positions.applied:
                rows.setdefault(part.topic, []).extend(full)
                reached[part] = end
        if reached:
            self._write([w for topic, run in rows.items() for w in self._writes(topic, run)], reached)

    def _writes(self, topic: str, records: Sequence[Record]) -> list[GuardedWrite]:
        writes = self._following.tiles[topic].writes(records)
        self._tally.add("rows", topic, len(records))
        self._tally.add("records", topic, sum(len(write.rows) for write in writes))
        return writes

    def _write(self, writes: Sequence[GuardedWrite], reached: Mapping[TopicPart, int]) -> None:
        def note(smaller: Mapping[int, list[int]]) -> None:
            # Before the offsets move: whoever comes after us reads again what we do not remember.
            self._mender.written(self._following.tiles, writes, smaller)

        written = insist(
            lambda: self._positions.write(writes, reached, note),
            what="writing to the store",
            transient=is_store_outage,
            stop=self._stop,
        )
        self._tally.refused(written.refused)
        self._rewound(written.found)

    def _rewound(self, found: Mapping[TopicPart, int | None]) -> None:
        for part in found:
            self._tally.add("rewinds", part.topic, 1)
        if found:
            # Without the partitions that were lost, until they are placed.
            self._inbox.continue_at(self._positions.applied)

    # --- once a second ---

    def _tick(self) -> None:
        try:
            self._writer.look()
            self._refresh()
            for place in self._mender.mend(self._following.tiles):
                self._tally.add("mended", place.part.topic, 1)
            self._report()
        except TRANSIENT as failure:
            self._seldom.warn("the store does not answer", failure)
        self._inbox.commit(self._positions.applied)
        if self._ask is None:
            led = set(self._led().values())
            sources = [part for job in led for part in job.source]
            self._ask = self._brokers.ask({*self._positions.applied, *sources}, {job.group: job.source for job in led})
        seconds = time.monotonic() - self._rates_at
        if seconds >= RATES_S:
            line = self._tally.line(seconds)
            if line is not None:
                log.info("%s, lag %d", line, self._positions.lag)
            self._rates_at = time.monotonic()

    def _hear(self) -> None:
        """Take the brokers' answer, if it has come: where logs ended when, and what jobs have committed."""
        if self._ask is None or not self._ask.is_answered:
            return
        seen, answer = self._clock(), self._brokers.answer(self._ask)
        for part in self._positions.applied.keys() & answer.bounds.keys():
            self._positions.heard(part, self._ask.at, answer.bounds[part].end)
        for job in set(self._led().values()):
            job.heard(self._ask.at, answer.bounds)
            job.committed(seen, answer.committed.get(job.group, {}))
        self._ask = None

    def _led(self) -> dict[str, JobProgress]:
        """Fragment's topic -> its job, of the fragments it falls to us to vouch for: whoever owns partition 0 does."""
        following = self._following
        return {
            part.topic: following.progress[following.job_of[part.topic].name]
            for part in self._positions.applied
            if part.partition == 0
        }

    def _report(self) -> None:
        """Freshness and counters, to the store."""
        if self._positions.applied:
            self._rewound(self._positions.stamp().found)
        self._writer.prove(
            Claim(topic, self._following.job_of[topic].topic_partitions, job.proofs())
            for topic, job in self._led().items()
        )
        counters = self._tally.pending()
        self._writer.count(counters)
        self._tally.reported(counters)

    def _leave(self) -> None:
        try:
            self._report()
        except RedisError as failure:
            log.warning("the last counters are lost: %s", failure)
        self._inbox.commit(self._positions.applied, wait=True)
        self._inbox.close()
        self._journal.close()
        log.info("left the group")

    def _insisting(self, fetch: Callable[[int], AvroSchema]) -> Callable[[int], AvroSchema]:
        def fetched(schema_id: int) -> AvroSchema:
            return insist(
                lambda: fetch(schema_id),
                what="asking the registry for a schema",
                transient=is_registry_outage,
                stop=self._stop,
            )

        return fetched
