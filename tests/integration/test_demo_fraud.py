"""The demo of fraud on the shared stack: what it shows is what stands in the topics, and what the simulation knows."""

import io
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest
from rich.console import Console

from examples.fraud import models
from examples.fraud.bank import bank
from examples.fraud.data import examples
from examples.fraud.live import REPLIES, Live, plan_of
from examples.fraud.page import Told, write
from examples.fraud.reasons import Reasons
from examples.fraud.scored import EVENT_ID
from examples.fraud.screen import Screen
from examples.fraud.tally import Tally
from examples.fraud.train import alarm_from, train
from millpond.control.settings import Settings
from millpond.plan.clock import now_ms
from millpond.plan.compiled import load_compiled
from millpond.serve import USABLE
from millpond.simulate.topics import TOPICS, TRANSFERS
from tests.integration.enriching import messages_in, replies_in
from tests.integration.flink_world import ROOT
from tests.integration.own_topics import absent
from tests.integration.stacks import AnyStack

NAMES: Final = [*(topic.name for topic in TOPICS), REPLIES]
CUSTOMERS: Final = 600
SECONDS: Final = 20


@pytest.fixture
def clean(settings: Settings) -> Iterator[None]:
    """The demo's topics are not there, before and after: their names are those of every environment."""
    with absent(settings.kafka, NAMES):
        yield


@pytest.mark.timeout(900)
@pytest.mark.usefixtures("clean")
def test_what_the_demo_shows_is_what_stands_in_the_topics(
    settings: Settings, stack: AnyStack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = examples(customers=CUSTOMERS, days=30, honest=2_000, seed=1)
    train(data, tmp_path)
    pool = load_compiled(ROOT)
    reasons = Reasons(plan_of(pool), pool, tmp_path / models.BOOSTED)
    tally, shown = Tally(threshold=alarm_from(data, tmp_path)), io.StringIO()
    watched = bank(seed=3, customers=CUSTOMERS, now_ms=now_ms())
    screen = Screen(Console(file=shown, width=300))
    with ExitStack() as cleanup:
        live = Live(settings, stack, pool=pool, root=ROOT, bank=watched, screen=screen)
        jobs = live.deploy()
        cleanup.callback(stack.stop, f"materializer-{settings.ns}")
        live.load(jobs)
        live.enrich(tmp_path)
        cleanup.callback(stack.stop, f"enricher-{settings.ns}")
        live.watch(tally, reasons, seconds=SECONDS)

    # What was asked, by the topic of the requests: the history has no such header.
    asked = [message for message in messages_in(settings.kafka, TRANSFERS.name) if message.headers()]
    ids = [dict(message.headers())[EVENT_ID].decode() for message in asked]
    assert set(ids) == tally.sent.keys()
    frauds = set(ids) & watched.truth.keys()
    assert len(ids) > CUSTOMERS and len(frauds) > 5

    # Each has one reply, by the topic of the replies, read with the schema that stands in the registry.
    replies = replies_in(settings.kafka, settings.registry, REPLIES)
    answered = {dict(reply.message.headers())[EVENT_ID].decode(): reply.record for reply in replies}
    assert sorted(ids) == sorted(answered)
    assert len(replies) == len(ids)
    assert (tally.again, tally.strange) == (0, 0)
    assert {one: answer.score for one, answer in tally.answers.items()} == {
        one: record["score"] for one, record in answered.items()
    }
    assert all((record["score"] is None) is (record["status"] not in USABLE) for record in answered.values())

    # What is shown is an alarm where the topic has such a score, and a fraud where the simulation says so.
    alarms = {one for one, record in answered.items() if (record["score"] or 0.0) >= tally.threshold}
    lines = [line for line in shown.getvalue().splitlines() if line.strip().startswith("ALARM")]
    assert len(lines) == len(alarms)
    assert sum("a fraud: " in line for line in lines) == len(alarms & frauds) > 0
    assert tally.counts() == {
        "caught": len(alarms & frauds),
        "missed": len(frauds - alarms),
        "false alarm": len(alarms - frauds),
        "passed": len(ids) - len(frauds | alarms),
    }

    # A reply's vector is the one that was scored.
    monkeypatch.setenv("FRAUD_MODELS", str(tmp_path))
    for record in answered.values():
        if record["score"] is not None:
            vector = reasons.vector(record["values"])
            assert float(models.boosted(vector.to_numpy().reshape(1, -1))[0]) == pytest.approx(
                record["score"], abs=1e-6
            )

    told = Told(customers=CUSTOMERS, watched=3, trained_on=1, seconds=SECONDS, days=12)
    page, _ = write(tally, told, tmp_path)
    assert f"{len(alarms & frauds):,} of {len(frauds):,}" in page.read_text("utf-8")
