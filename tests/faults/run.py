"""One run: replay a history, hurt one thing at a seeded moment, let it recover by itself, compare everything."""

import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from millpond.control.source_topic import PARTITIONS
from millpond.demo.drain import Drain
from millpond.demo.encode import LineEncoder
from millpond.demo.ledger import DeadLetters, dead_letters, expected_reasons
from millpond.demo.plants import Planting, planting
from millpond.demo.replay import Replay, SourceProducer
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import MillpondError
from millpond.plan.names import dead_letter_topic
from millpond.serve import Reader
from millpond.store import suspects
from tests.faults.inspect import tile_faults
from tests.faults.judge import Judge, Verdicts
from tests.faults.kinds import KINDS
from tests.faults.pools import original
from tests.faults.reading import read_log
from tests.faults.sabotage import AFTERWARDS, DURING, Sabotage
from tests.faults.sending import Markers, Sending, WatchedProducer
from tests.faults.stage import RATE, READ_TIMEOUT_MS, SETS, STALE_AFTER_S, Request, Stage, staged
from tests.oracles.tiles import TileOracle

LINES: Final = 20_000
SECONDS: Final = 55.0
EARLIEST, LATEST = 0.4, 0.6  # of the history, when the fault happens
RECOVERS_WITHIN_S: Final = 240.0
DRAINS_WITHIN_S: Final = 120.0
LINK_S: Final = 60.0
MENDED_WITHIN_S: Final = 120.0  # a worse row is a suspect for 20 s first
CALM_S: Final = 6.0  # markers go on for so long after the fault and the history
LEAST_USABLE: Final = 0.05  # of all values read: else next to nothing was judged
TOLD: Final = 20


class Result(msgspec.Struct, kw_only=True):
    """What a run showed.

    Attributes:
        lines, seconds, rate: how many were to be replayed, in how many seconds; vectors a second that were asked for.
        stale_after: of the reader, in seconds.
        sent_s: how long it took until all lines were sent.
        moment: when the fault began, in seconds of the history.
        recovered_s: from the fault's end until all that it held up was readable; None where it never was.
        held_up_s: the same from its beginning.
        tiles, letters: compared.
        outlived: keys of tile topics that end in an earlier row, of tiles that no ring holds any more.
        vectors, values, usable: answers judged, values in them, those that carried one.
        statuses: how often each was given.
        wrong: how many things were wrong.
        faults: the first of them, in words.
    """

    kind: str
    seed: int
    lines: int
    seconds: float
    rate: float
    stale_after: float = STALE_AFTER_S
    sent_s: float = 0.0
    moment: float = 0.0
    recovered_s: float | None = None
    held_up_s: float | None = None
    tiles: int = 0
    outlived: int = 0
    letters: int = 0
    vectors: int = 0
    values: int = 0
    usable: int = 0
    statuses: dict[str, int] = {}
    took_s: float = 0.0
    wrong: int = 0
    faults: tuple[str, ...] = ()

    @property
    def is_usual(self) -> bool:
        """Whether it was played at the usual pace, as others it is compared with."""
        return (self.lines, self.seconds, self.rate, self.stale_after) == (LINES, SECONDS, RATE, STALE_AFTER_S)


def play(stage: Stage, kind: str, seed: int, *, seconds: float, damage: str | None = None) -> Result:
    """Play one run on a stage; all that went wrong is in the result.

    Args:
        seconds: a history takes.
        damage: done on purpose, by name (see sabotage.py): it must be found.
    """
    result = Result(
        kind=kind,
        seed=seed,
        lines=stage.lines.count,
        seconds=seconds,
        rate=stage.rate,
        stale_after=stage.stale_after_s,
    )
    began = time.monotonic()
    faults: list[str] = []
    with staged(stage):
        try:
            run = _Run(stage, kind, seed, seconds, result, faults)
            run.replay(damage=DURING.get(damage or ""))
            if damage in AFTERWARDS:
                AFTERWARDS[damage](stage)
            run.compare()
        except Exception as error:  # noqa: BLE001 - whatever ends a run is what is wrong with it; others follow
            faults.insert(0, str(error) if isinstance(error, MillpondError) else repr(error))
    result.wrong, result.faults = len(faults), tuple(faults[:TOLD])
    result.took_s = round(time.monotonic() - began, 1)
    return result


class _Run:
    def __init__(self, stage: Stage, kind: str, seed: int, seconds: float, result: Result, faults: list[str]) -> None:
        self._stage = stage
        self._kind = KINDS[kind]
        self._seconds = seconds
        self._result = result
        self._rng = random.Random(f"{kind} {seed}")
        self.faults = faults
        self._encoder: LineEncoder = stage.prepare()
        self._job: JobRecord = self._kind.deploy(stage, self._rng)
        source = self._job.source
        self._planted: Planting = planting(
            stage.lines.count,
            partitions=PARTITIONS,
            lateness=source.lateness_ms,
            skew=source.skew_ms,
            seed=seed,
            sabotage=None,
        )
        self._producer = WatchedProducer(stage.settings.kafka, source.topic)
        self._requests: tuple[list[Request], list[Request]] = stage.requests(self._rng)
        self._markers: Markers | None = None
        self._answers = Path()

    # --- while it happens ---

    def replay(self, *, damage: Sabotage | None = None) -> None:
        """The history with the fault in it, and with damage done after it, until everything is in the store."""
        stage, lines = self._stage, self._stage.lines
        stage.start_materializers()
        seed = self._rng.randrange(1 << 30)
        self._answers = stage.start_reader(self._requests, end=lines.time_of(lines.count), seed=seed)
        lateness = self._job.source.lateness_ms
        replay = Replay(lines, self._planted, self._encoder, partitions=PARTITIONS, lateness=lateness)
        sending = Sending(replay, lines, self._producer, stage.instant, seconds=self._seconds)
        with Reader.connect(stage.settings.store, ns=stage.ns, stale_after_ms=stage.stale_after_ms) as reader:
            opened = reader.open(SETS[0], version=1)
            own = SourceProducer(stage.settings.kafka, stage.source.topic, linger_ms=1)
            self._markers = Markers(opened, self._encoder, own, stage.instant)
            with _running(sending, self._markers):
                self._warm_up(self._markers)
                sending.start()
                self._hurt(sending, self._markers, damage)
        self._result.sent_s = round(sending.took_s, 1)
        self._drain()

    def _warm_up(self, markers: Markers) -> None:
        """Until the first marker is readable: what is slow because it is new is no fault."""
        stage = self._stage
        stage.instant.now = stage.lines.time_of(1)
        stage.pause(RECOVERS_WITHIN_S, until=lambda: any(readable is not None for _, readable in markers.seen))

    def _hurt(self, sending: Sending, markers: Markers, damage: Sabotage | None) -> None:
        stage, kind = self._stage, self._kind

        def check() -> bool:
            for thread in (sending, markers):
                if thread.error is not None:
                    raise thread.error
            return False

        moment = self._rng.uniform(EARLIEST, LATEST) * self._seconds
        self._result.moment = round(moment, 1)
        stage.pause(moment - kind.early, until=check)
        kind.keep(stage, self._rng)
        stage.pause(kind.early, until=check)
        began = time.monotonic()
        kind.act(stage, self._rng)
        over = time.monotonic()
        if damage is not None:
            damage(stage)
        stage.pause(RECOVERS_WITHIN_S, until=lambda: check() or not sending.is_alive())
        stage.pause(max(0.0, over + CALM_S - time.monotonic()), until=check)
        markers.sending.clear()
        stage.pause(RECOVERS_WITHIN_S, until=lambda: check() or markers.recovered(over) is not None)
        recovered = markers.recovered(over)
        if recovered is None:
            unseen = sum(readable is None for _, readable in markers.seen)
            self.faults.append(f"{unseen} of {len(markers.seen)} markers never became readable")
        else:
            self._result.recovered_s = round(recovered, 1)
            self._result.held_up_s = round(markers.recovered(began) or 0.0, 1)

    def _drain(self) -> None:
        """Until everything is in the store."""
        stage = self._stage
        drains = [
            Drain(
                job,
                topics=stage.topics,
                cluster=stage.cluster,
                store=stage.store,
                ns=stage.ns,
                check=stage.stack.check,
                within_s=LINK_S,
            )
            for job in stage.jobs()
        ]
        for drain in drains:
            drain.wait_out(DRAINS_WITHIN_S)
        # What a zombie wrote last gets the better row behind it, once a materializer sees that nobody else writes one.
        stage.pause(MENDED_WITHIN_S, until=lambda: not suspects.read(stage.store, stage.ns))
        if left := suspects.read(stage.store, stage.ns):
            self.faults.append(f"{len(left)} worse rows still end their keys, such as {left[0]}")
        for drain in drains:
            drain.wait_out(DRAINS_WITHIN_S)

    # --- afterwards ---

    def compare(self) -> None:
        """Everything with the oracle, every answer with what could be true."""
        stage, job, jobs, result = self._stage, self._job, self._stage.jobs(), self._result
        assert self._markers is not None, "replayed"
        stage.stop_reader()
        oracle = TileOracle(stage.lines.path, lines=stage.lines.count)
        oracle.add(self._markers.lines)
        tiles = tile_faults(
            oracle,
            jobs,
            stage.pool,
            ns=stage.ns,
            topics=stage.topics,
            registry=stage.settings.registry,
            store=stage.settings.store,
        )
        letters = dead_letters(
            stage.topics, dead_letter_topic(stage.ns, job.name), job.source.topic, self._producer.sent
        )
        running = stage.cluster.alive()
        if running != (must := {job.flink_job_id for job in jobs}):
            self.faults.append(f"of the jobs, {must} must run, and {running} do")
        self.faults += [f"job {job.name} is {job.state}, not covered" for job in jobs if job.state != "covered"]
        self.faults += self._twin_faults()
        verdicts = self._judged()
        self.faults += [*tiles.faults, *_letter_faults(letters, self._planted), *_reading_faults(verdicts)]
        result.tiles, result.outlived, result.letters = tiles.compared, tiles.outlived, letters.total
        result.vectors, result.values, result.usable = verdicts.vectors, verdicts.values, verdicts.usable
        result.statuses = dict(sorted(verdicts.statuses.items()))

    def _twin_faults(self) -> Iterator[str]:
        """What a set that came later says otherwise than the set it is the twin of."""
        stage = self._stage
        end = stage.lines.time_of(stage.lines.count)
        with Reader.connect(stage.settings.store, ns=stage.ns) as reader:
            for plan in stage.pool.sets:
                if (name := original(plan.full_name)) == plan.full_name:
                    continue
                opened = [reader.open(each, version=plan.version) for each in (name, plan.full_name)]
                for request in self._requests[SETS.index(name)]:
                    one, other = (each.read(request, as_of=end, timeout_ms=READ_TIMEOUT_MS) for each in opened)
                    if (one.values, one.statuses) != (other.values, other.statuses):
                        yield f"{request}: {name} says {one}, and its twin {other}"

    def _judged(self) -> Verdicts:
        lines = {line[0]: line for line in self._stage.lines.read(0, self._stage.lines.count)}
        judge = Judge(self._producer.delivered(lines), stale_after=self._stage.stale_after_ms)
        return judge.judge(read_log(self._answers), self._stage.asked(self._requests))


def _letter_faults(letters: DeadLetters, planted: Planting) -> Iterator[str]:
    yield from letters.faults
    expected = expected_reasons(planted.plants)
    if letters.reasons != expected:
        yield f"dead letters: expected {expected}, found {letters.reasons}"


def _reading_faults(verdicts: Verdicts) -> Iterator[str]:
    yield from verdicts.faults
    if verdicts.undecided:
        yield f"{verdicts.undecided} windows read have too many possible values to be judged"
    if verdicts.usable < LEAST_USABLE * verdicts.values:
        yield f"of {verdicts.values} values read {verdicts.usable} were usable: next to nothing was judged"


@contextmanager
def _running(sending: Sending, markers: Markers) -> Iterator[None]:
    """The markers run inside; both have ended after it."""
    markers.start()
    try:
        yield
    finally:
        for thread in (sending, markers):
            thread.stop.set()
            if thread.is_alive():
                thread.join()
