"""The demo on a running stack, step by step: deploy, replay and check, balance the books, measure."""

import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Final

import redis

from millpond.control.cluster import FlinkCluster
from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.control.source_topic import PARTITIONS
from millpond.control.topics import Topics
from millpond.demo.drain import Drain
from millpond.demo.encode import LineEncoder
from millpond.demo.ledger import accepted_events, dead_letters, expected_reasons
from millpond.demo.lines import Lines
from millpond.demo.monitor import Monitor
from millpond.demo.outcome import Options, Outcome
from millpond.demo.plants import Planting, planting
from millpond.demo.probe import Markers, measure, percentile
from millpond.demo.replay import Replay, SourceProducer
from millpond.demo.sabotage import corrupt_tile
from millpond.demo.screen import Screen, spell
from millpond.demo.verify import Request, Sampler, Verifier, load_oracle
from millpond.plan.deployment import JobRecord
from millpond.plan.model import Pool
from millpond.plan.names import dead_letter_topic
from millpond.plan.windows import DAY, MINUTE, SECOND
from millpond.serve import OpenSet, Reader

SETS: Final = ("retail.shopper", "retail.shelf")
SHOPPER: Final = SETS[0]
BOOKS: Final = ("household", "lifetime")  # a view whose key is never null, in a fragment of a single level
PAUSES: Final = (0.25, 0.5, 0.75)
VECTORS: Final = 2_000  # of each set, at each pause
VECTORS_LATER: Final = 250  # of each set, at each of two later instants
MARKER_SECONDS: Final = 30
MARKER_LINES: Final = 5_000
READS: Final = 5_000
WARM_UP: Final = 200
SHOWN_FAULTS: Final = 10
STACK_CHECK_EVERY: Final = 5_000  # records
STACK_CHECK_EVERY_MENDING: Final = 200  # records: looking is what starts a dead part again
RECOVERS_WITHIN_S: Final = 300.0


class Run:
    """One run on one stack.

    Args:
        options: what is asked.
        settings: of the stack's environment.
        pool: compiled.
        lines: to be replayed.
        encoder: under the registered schema.
        screen: where it is shown.
        check: raises when a part of the stack has died.
        crash: kills a part of the stack.
    """

    def __init__(
        self,
        options: Options,
        settings: Settings,
        *,
        pool: Pool,
        lines: Lines,
        encoder: LineEncoder,
        screen: Screen,
        check: Callable[[], None],
        crash: Callable[[str], None],
    ) -> None:
        self.outcome = Outcome()
        self._options = options
        self._settings = settings
        self._pool = pool
        self._lines = lines
        self._encoder = encoder
        self._screen = screen
        self._check_stack = check
        self._crash = crash
        self._rng = random.Random(options.seed)
        # In the second quarter: before it everything has been seen in order once.
        self._kill_at = int(lines.count * self._rng.uniform(*PAUSES[:2])) if options.kill else 0
        self._check_every = STACK_CHECK_EVERY_MENDING if options.kill else STACK_CHECK_EVERY
        self._topics = Topics(settings.kafka)
        self._store = redis.Redis.from_url(settings.store)
        self._reader = Reader.connect(settings.store, ns=settings.ns)
        self._last_requests: dict[str, list[Request]] = {}
        self._last_instant = 0

    # --- deploy ---

    def deploy(self) -> JobRecord:
        """Start the job at the topic's first record and publish the sets; returns what runs."""
        deployed = deploy(
            self._settings, self._pool, start="earliest", replay=True, say=lambda line: self._screen.say(f"  {line}")
        )
        (job,) = deployed.started
        return job

    # --- replay ---

    def replay(self, job: JobRecord) -> None:
        """Send the history with all that is planted in it, check at every pause, balance the books at the end."""
        source = job.source
        planted = planting(
            self._lines.count,
            partitions=PARTITIONS,
            lateness=source.lateness_ms,
            skew=source.skew_ms,
            seed=self._options.seed,
            sabotage=self._options.sabotage,
        )
        replay = Replay(self._lines, planted, self._encoder, partitions=PARTITIONS, lateness=source.lateness_ms)
        producer = SourceProducer(self._settings.kafka, source.topic)
        drain = Drain(
            job,
            topics=self._topics,
            cluster=FlinkCluster(self._settings.flink),
            store=self._store,
            ns=self._settings.ns,
            check=self._check,
        )
        verifier = Verifier(
            {name: self._reader.open(name, version=1) for name in SETS},
            load_oracle(self._options.oracle, self._lines.path),
            self.outcome.checked,
        )
        picture = self._screen.picture
        picture.total = self._lines.count + len(planted.plants) + len(planted.copies)
        household, store = self._lines.busiest_household(self._pauses()[0])
        picture.who = f"household {household} at store {store}"
        shown = {"household_id": household, "store_id": store}
        self._monitor = Monitor(
            self._screen,
            drain,
            producer,
            self._reader.open(SHOPPER, version=1),
            shown,
            patient=self._options.kill is not None,
        )
        try:
            with self._screen.live(), self._monitor:
                start = records = 0
                for end in self._pauses():
                    records = self._segment(replay, start, end, producer, drain)
                    self._verify(verifier, end)
                    start = end
                picture.phase = "balancing the books"
                self._balance(job, planted, producer, records)
        except BaseException:
            producer.abandon()
            raise

    def _pauses(self) -> list[int]:
        """After how many lines the replay pauses; the last one is its end."""
        count = self._lines.count
        return [int(count * share) for share in PAUSES] + [count]

    def _segment(self, replay: Replay, start: int, end: int, producer: SourceProducer, drain: Drain) -> int:
        """Send a segment and wait until it is in the store; returns how many records the job has read."""
        picture = self._screen.picture
        picture.phase = "replaying"
        began = time.monotonic()
        for record in replay.segment(start, end):
            producer.send(record)
            picture.instant = replay.now
            if producer.count == self._kill_at:
                self._kill()
            if producer.count % self._check_every == 0:
                self._check()
        producer.flush(self._check)
        self.outcome.events = producer.count
        drained = drain.wait() if self._options.kill is None else drain.wait_out(RECOVERS_WITHIN_S)
        self.outcome.replay_s += time.monotonic() - began
        return drained.records

    def _kill(self) -> None:
        assert self._options.kill is not None, "asked for"
        self._crash(self._options.kill)
        self._screen.say(f"  {self._options.kill} killed after {self._kill_at:,} records", style="bold yellow")

    def _check(self) -> None:
        self._check_stack()
        self._monitor.check()

    # --- verify ---

    def _verify(self, verifier: Verifier, end: int) -> None:
        """Compare both sets at the present instant and at two later ones, when windows have moved on."""
        now = self._lines.time_of(end)
        last = end == self._lines.count
        self._screen.picture.phase = f"paused after {end:,} lines: comparing with the oracle"
        sampler = Sampler(self._lines, self._rng)
        instants = [
            (VECTORS, now + self._rng.randrange(SECOND)),
            (VECTORS_LATER, now + self._rng.randrange(20 * MINUTE, 50 * MINUTE)),
            (VECTORS_LATER, now + self._rng.randrange(2 * DAY, 20 * DAY)),
        ]
        before = (self.outcome.checked.vectors, self.outcome.checked.values, self.outcome.checked.mismatches)
        for count, at in instants:
            for name in SETS:
                requests = sampler.draw(verifier.fields(name), count, end=end, now=now)
                if last and count == VECTORS:
                    self._last_requests[name], self._last_instant = requests, at
                    self._maybe_corrupt(verifier.sets[name], requests, at)
                for mismatch in verifier.check(name, requests, at=at, lines=end):
                    if self.outcome.checked.mismatches <= SHOWN_FAULTS:
                        self._screen.say(f"  MISMATCH {mismatch}", style="red")
                self._check()
        checked = self.outcome.checked
        self._screen.say(
            f"  {spell(now)}  {end:>9,} lines in: {checked.vectors - before[0]:,} vectors, "
            f"{checked.values - before[1]:,} values compared, {checked.mismatches - before[2]:,} mismatches",
            style="green" if checked.mismatches == before[2] else "red",
        )

    def _maybe_corrupt(self, opened: OpenSet, requests: Sequence[Request], at: int) -> None:
        if self._options.sabotage == "tile" and opened.publication.plan.full_name == SHOPPER:
            key = corrupt_tile(self._store, self._settings.ns, opened, requests, at=at)
            self._screen.say(f"  sabotage: one line more in {key}", style="yellow")

    # --- the books ---

    def _balance(self, job: JobRecord, planted: Planting, producer: SourceProducer, records: int) -> None:
        """Compare what was accepted, refused and passed over with what was sent."""
        outcome, ns = self.outcome, self._settings.ns
        fragment = next(f for f in job.fragments if (f.view, f.kind) == BOOKS)
        outcome.accepted = accepted_events(self._topics, self._settings.registry, fragment.topic(ns))
        letters = dead_letters(self._topics, dead_letter_topic(ns, job.name), job.source.topic, producer.sent)
        outcome.dead_letters = letters.reasons
        outcome.duplicates = records - outcome.accepted - letters.total
        outcome.faults += letters.faults
        outcome.expect("records read by the job", producer.count, records)
        outcome.expect("accepted events", self._lines.count, outcome.accepted)
        outcome.expect("dead letters", expected_reasons(planted.plants), letters.reasons)
        outcome.expect("duplicates", len(planted.copies), outcome.duplicates)
        if outcome.checked.mismatches:
            outcome.faults.append(f"{outcome.checked.mismatches} values or statuses differ from the oracle's")

    # --- measure ---

    def freshness(self, job: JobRecord) -> None:
        """Send live markers and measure how long each probe takes to be readable."""
        producer = SourceProducer(self._settings.kafka, job.source.topic, linger_ms=1)
        markers = Markers(
            list(islice(self._lines.read(0, MARKER_LINES), MARKER_LINES)),
            self._encoder,
            producer,
            partitions=PARTITIONS,
            seconds=MARKER_SECONDS,
        )
        try:
            found = measure(self._reader.open(SHOPPER, version=1), markers, check=self._check_stack)
        except BaseException:
            producer.abandon()
            raise
        self.outcome.freshness_ms = {"p50": _rounded(found.p50_ms), "p99": _rounded(found.p99_ms)}
        if found.unseen:
            self.outcome.faults.append(f"{found.unseen} of {found.probes} live events never became readable")
        self._screen.say(
            f"  {found.markers:,} events in {MARKER_SECONDS} s, {found.probes:,} of them watched: "
            f"p50 {_spell(found.p50_ms)} ms, p99 {_spell(found.p99_ms)} ms, slowest {_spell(found.max_ms)} ms"
        )

    def reads(self) -> None:
        """Measure single reads, one after the other, of the entities last checked."""
        opened, requests = self._reader.open(SHOPPER, version=1), self._last_requests[SHOPPER]
        took: deque[float] = deque()
        for i in range(WARM_UP + READS):
            began = time.perf_counter_ns()
            opened.read(requests[i % len(requests)], as_of=self._last_instant)
            if i >= WARM_UP:
                took.append((time.perf_counter_ns() - began) / 1e3)
        ordered = sorted(took)
        self.outcome.read_us = {"p50": _rounded(percentile(ordered, 50)), "p99": _rounded(percentile(ordered, 99))}
        self._screen.say(
            f"  {READS:,} reads of {len(opened.names)} features, one after the other: "
            f"p50 {_spell(percentile(ordered, 50))} us, p99 {_spell(percentile(ordered, 99))} us"
        )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def _spell(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f}"
