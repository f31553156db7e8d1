"""The demo on a running stack: a bank's past goes into the store, and what is to come is sent, scored and told."""

import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, Protocol

import msgspec
import redis

from examples.fraud.bank import Bank, Coming
from examples.fraud.reasons import Reasons
from examples.fraud.scored import EVENT_ID, Reply, Scored
from examples.fraud.screen import Screen
from examples.fraud.tally import Answer, Tally, Transfer
from millpond.control.cluster import FlinkCluster
from millpond.control.deploy import deploy
from millpond.control.sender import Sender
from millpond.control.settings import Settings
from millpond.control.topics import Topics
from millpond.demo.drain import Drain
from millpond.plan.clock import now_ms
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import MillpondError
from millpond.plan.model import Pool, SetPlan
from millpond.plan.names import enricher_group
from millpond.simulate import pace
from millpond.simulate.publish import Encode, open_topics, publish
from millpond.simulate.topics import TRANSFERS

SET: Final = "payments.transfer_fraud"
REPLIES: Final = "payments.transfer.scored.v1"
MODEL: Final = "examples.fraud.models:boosted"
WAIT_MS: Final = 1_000  # of a request for events that are not in the store yet: two cores run everything
LOADS_WITHIN_S: Final = 900.0
JOINS_WITHIN_S: Final = 120.0
ANSWERS_WITHIN_S: Final = 30.0
LOOK_S: Final = 0.5
STEP_S: Final = 0.02
ADDRESSES: Final = ("ns", "kafka", "registry", "flink", "store")


class Parts(Protocol):
    """What is needed of a running stack."""

    def check(self) -> None:
        """Raise for a part that has died."""
        ...

    def spawn(self, name: str, argv: Sequence[str], env: dict[str, str] | None = None) -> None:
        """Start a further program."""
        ...


class Live:
    """The demo on one stack, step by step.

    Args:
        settings: of the stack's environment.
        stack: that runs.
        pool: compiled; of it runs what the model reads.
        root: of the project, with the schemas.
        bank: that is watched.
        screen: where it is shown.
    """

    def __init__(self, settings: Settings, stack: Parts, *, pool: Pool, root: Path, bank: Bank, screen: Screen) -> None:
        self._settings = settings
        self._stack = stack
        self._pool = _read_by_model(pool)
        self._bank = bank
        self._screen = screen
        self._topics = Topics(settings.kafka)
        self._encoders: dict[str, Encode] = open_topics(settings, root / "schemas", append=False)

    # --- the past ---

    def deploy(self) -> Sequence[JobRecord]:
        """Start the jobs of all that the model reads, and what moves their tiles into the store."""
        deployed = deploy(self._settings, self._pool, start="earliest", replay=True, say=self._screen.say)
        self._spawn("materializer", "materialize")
        return deployed.started

    def load(self, jobs: Sequence[JobRecord]) -> int:
        """Send the history, and wait until it is in the store; returns how many events it has."""
        history = self._bank.history
        with self._screen.progress("into Kafka") as moved:
            published = publish(
                history,
                self._settings.kafka,
                self._encoders,
                due=pace.at_once,
                truth={},
                clock=now_ms,
                progress=lambda events, _arrival: moved(events, history.events or events),
            )
        drains = [self._drain(job) for job in jobs]
        with self._screen.progress("through Flink") as moved:
            total = sum(sum(drain.source_end()) for drain in drains)
            deadline = time.monotonic() + LOADS_WITHIN_S
            while (read := sum(sum(drain.read_offsets().values()) for drain in drains)) < total:
                moved(read, total)
                self._stack.check()
                if time.monotonic() > deadline:
                    raise MillpondError(
                        f"{read:,} of {total:,} events are read after {LOADS_WITHIN_S:.0f} s",
                        where=", ".join(drain.job.name for drain in drains),
                        mend="see the TaskManager's log",
                    )
                time.sleep(LOOK_S)
        with self._screen.progress("into the store") as moved:
            for done, drain in enumerate(drains):
                moved(done, len(drains))
                drain.wait()
        return sum(published.rows.values())

    def _drain(self, job: JobRecord) -> Drain:
        settings = self._settings
        return Drain(
            job,
            topics=Topics(settings.kafka),
            cluster=FlinkCluster(settings.flink),
            store=redis.Redis.from_url(settings.store),
            ns=settings.ns,
            check=self._stack.check,
        )

    # --- what is to come ---

    def enrich(self, models: Path) -> str:
        """Start `millpond enrich` with the model, as anybody would; returns the command, when it takes requests."""
        options = ["enrich", SET, "--requests", TRANSFERS.name, "--replies", REPLIES, "--from", "latest"]
        options += ["--model", MODEL, "--wait-ms", str(WAIT_MS)]
        self._spawn("enricher", *options, FRAUD_MODELS=str(models))
        group, deadline = enricher_group(self._settings.ns, REPLIES), time.monotonic() + JOINS_WITHIN_S
        while len(self._topics.committed(group, TRANSFERS.name)) < len(self._topics.ends(TRANSFERS.name)):
            self._stack.check()
            if time.monotonic() > deadline:
                raise MillpondError(
                    f"it has taken no partition after {JOINS_WITHIN_S:.0f} s",
                    where=group,
                    mend="see the enricher's log, in the stack's folder `logs`",
                )
            time.sleep(LOOK_S)
        return f"millpond {' '.join(options)}"

    def watch(self, tally: Tally, reasons: Reasons, *, seconds: int) -> None:
        """Send what is to come, and read what is made of it, until every transfer has its reply.

        Raises:
            MillpondError: one has none, half a minute after the last was sent.
        """
        settings, over_ms = self._settings, seconds * 1000
        coming = deque(self._bank.spread(over_ms))
        sender = Sender(settings.kafka, linger_ms=1)
        with ExitStack() as inside:
            partitions = len(self._topics.ends(REPLIES))
            scored = inside.enter_context(Scored(settings.kafka, settings.registry, REPLIES, partitions=partitions))
            inside.enter_context(self._screen.live())
            inside.callback(sender.abandon)
            began = now_ms()
            while coming or len(tally.answers) < len(tally.sent):
                while coming and coming[0].after_ms <= now_ms() - began:
                    self._send(coming.popleft(), sender, tally, began)
                sender.hear()
                for reply in scored.take(STEP_S):
                    self._take(reply, tally, reasons, now_ms() - began)
                self._screen.paint(tally, now_ms() - began, over_ms)
                self._stack.check()
                if now_ms() - began > over_ms + ANSWERS_WITHIN_S * 1000:
                    raise MillpondError(
                        f"{len(tally.unanswered):,} of {len(tally.sent):,} transfers have no reply "
                        f"{ANSWERS_WITHIN_S:.0f} s after the last was sent",
                        where=REPLIES,
                        mend="see the enricher's log, and its dead letters",
                    )
            sender.flush(self._stack.check)

    def _send(self, coming: Coming, sender: Sender, tally: Tally, began: int) -> None:
        at = now_ms()
        event = coming.event | {"occurred_at": at}
        event_id = event["event_id"]
        if coming.topic == TRANSFERS.name:
            tally.sent[event_id] = Transfer(
                event_id=event_id,
                at_ms=at - began,
                sender=event["sender_id"],
                recipient=event["recipient_id"],
                amount=event["amount"],
                currency=event["currency"],
                pattern=coming.pattern,
            )
        sender.produce(
            coming.topic,
            key=coming.key.encode(),
            value=self._encoders[coming.topic](event),
            timestamp=at,
            headers=[(EVENT_ID, event_id)],
        )

    def _take(self, reply: Reply, tally: Tally, reasons: Reasons, read_ms: int) -> None:
        transfer = tally.sent.get(reply.event_id or "")
        if transfer is None:
            tally.strange += 1
            return
        if transfer.event_id in tally.answers:
            tally.again += 1
            return
        answer = Answer(
            transfer=transfer,
            read_ms=read_ms,
            score=reply.score,
            status=reply.status,
            reason=reply.reason,
            clues=reasons.clues(reply.values) if tally.is_alarm(reply.score) else (),
        )
        tally.answers[transfer.event_id] = answer
        if tally.is_alarm(reply.score):
            self._screen.alarm(answer, tally.verdict(answer))

    def _spawn(self, name: str, *options: str, **environ: str) -> None:
        """A process of `millpond` in this environment."""
        told = msgspec.structs.asdict(self._settings)
        addresses = {f"MILLPOND_{name.upper()}": str(told[name]) for name in ADDRESSES}
        argv = [sys.executable, "-m", "millpond.cli.main", *options]
        self._stack.spawn(f"{name}-{self._settings.ns}", argv, addresses | environ)


def plan_of(pool: Pool) -> SetPlan:
    """The set whose vectors are scored."""
    (plan,) = (plan for plan in pool.sets if plan.full_name == SET)
    return plan


def _read_by_model(pool: Pool) -> Pool:
    plan = plan_of(pool)
    bound = dict.fromkeys((binding.view, binding.version) for binding in plan.bindings)
    return Pool(views=tuple(pool.view(*view) for view in bound), sets=(plan,))
