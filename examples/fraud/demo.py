"""`make demo-fraud`: a simulated bank's transfers, scored live through every real part, and what of fraud is caught.

A model is trained on one bank and watches another. Exits 1 where it catches nothing.
"""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Annotated, Final

import msgspec
import typer
from rich.console import Console

from examples.fraud.bank import DAYS_BEFORE, DAYS_TO_COME, Bank, bank
from examples.fraud.data import examples
from examples.fraud.live import SET, Live, plan_of
from examples.fraud.models import BOOSTED
from examples.fraud.page import Told, summary, write
from examples.fraud.reasons import Reasons
from examples.fraud.screen import Screen
from examples.fraud.tally import Tally
from examples.fraud.train import FALSE_ALARMS, LAST, alarm_from, train
from millpond.cli.main import run
from millpond.cli.stopping import interruptible
from millpond.control.settings import Settings
from millpond.local.stack import Stack
from millpond.local.view import live_report
from millpond.local.workspace import Workspace
from millpond.plan.clock import now_ms
from millpond.plan.compiled import load_compiled
from millpond.plan.errors import MillpondError

ENV: Final = "fraud"
TRAINED_ON: Final = 1  # the seed of the other bank
TRAINING_DAYS: Final = 30
HONEST: Final = 10_000  # transfers to learn from
MIN_CUSTOMERS: Final = 500  # of fewer there may be days without a fraud
MODELS: Final = "models"

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def demo(
    seconds: Annotated[int, typer.Option(min=10, help="How long transfers are sent.")] = 80,
    customers: Annotated[
        int, typer.Option(min=MIN_CUSTOMERS, help="Of each bank; in the demo each sends once.")
    ] = 1_000,
    seed: Annotated[int, typer.Option(help="Of the bank that is watched.")] = 2,
) -> None:
    """Train a model of fraud on one simulated bank, and have it score the transfers of another one live.

    The last line is one JSON object. Exits 1 where nothing is caught.
    """
    if seed == TRAINED_ON:
        raise MillpondError(
            f"the model is trained on the bank of seed {TRAINED_ON}", where="--seed", mend="watch another bank"
        )
    told = Told(customers=customers, watched=seed, trained_on=TRAINED_ON, seconds=seconds, days=DAYS_TO_COME)
    screen = Screen(Console())
    with interruptible(screen.say, "every part is stopped"):
        tally = _demo(told, screen)
    raise typer.Exit(0 if tally.of("caught") else 1)


def _demo(told: Told, screen: Screen) -> Tally:
    workspace = Workspace.find()
    folder = workspace.root / ".millpond" / ENV
    pool = load_compiled(workspace.root)
    watched = _bank(told)
    tally = Tally(threshold=_train(screen, folder / MODELS, told))
    reasons = Reasons(plan_of(pool), pool, folder / MODELS / BOOSTED)
    screen.step(
        "Starting Kafka, schema registry, Flink and Valkey", "As processes of this machine, which end with the demo."
    )
    with _stack(folder, screen.console) as stack:
        settings = msgspec.convert({"ns": ENV, **stack.addresses.settings(workspace.flink_python)}, Settings)
        live = Live(settings, stack, pool=pool, root=workspace.root, bank=watched, screen=screen)
        screen.step(
            f"Deploying {SET}, and all that it reads",
            "A Flink job a topic keeps the windows of accounts, devices and addresses.",
        )
        jobs = live.deploy()
        screen.step(
            f"Loading the past of bank {told.watched}",
            f"{DAYS_BEFORE} days of {told.customers:,} customers, which end now: fraud is what is unusual.",
        )
        screen.say(f"{live.load(jobs):,} events are in")
        screen.step("Starting the enricher", "It answers each transfer with its vector, and with the model's score:")
        screen.say(live.enrich(folder / MODELS))
        screen.step(
            f"Live: the frauds of {DAYS_TO_COME} days, in {told.seconds} seconds",
            "Transfers go into Kafka as they happen; their scores are read from the topic of the replies.",
        )
        live.watch(tally, reasons, seconds=told.seconds)
    _conclude(screen, tally, told, folder)
    return tally


def _bank(told: Told) -> Bank:
    watched = bank(seed=told.watched, customers=told.customers, now_ms=now_ms())
    if not watched.frauds:
        raise MillpondError(
            f"no transfer of the {told.days} days to come is a fraud",
            where=f"the bank of seed {told.watched} with {told.customers:,} customers",
            mend="watch more customers, or another bank: --customers 1000 --seed 3",
        )
    return watched


def _train(screen: Screen, out: Path, told: Told) -> float:
    """Train the model; returns the score that an alarm takes."""
    screen.step(
        f"Training a model on bank {told.trained_on}",
        f"On the vectors that its transfers would have had live. What is watched later is bank {told.watched}, "
        "of which it has seen nothing.",
    )
    with screen.progress("simulating, computing vectors, growing trees"):
        data = examples(customers=told.customers, days=TRAINING_DAYS, honest=HONEST, seed=told.trained_on)
        areas = train(data, out)
        threshold = alarm_from(data, out)
    screen.say(
        f"{len(data.is_fraud):,} transfers, {int(data.is_fraud.sum()):,} of them frauds; over the last {LAST:.0%}, "
        f"which it was not shown, the area under its ROC curve is {areas['boosted']:.3f}"
    )
    screen.say(f"an alarm takes a score of {threshold:.3f}: of the honest ones among those, {FALSE_ALARMS:.1%} have it")
    return threshold


@contextmanager
def _stack(folder: Path, console: Console) -> Iterator[Stack]:
    """The running stack; its progress is painted while it starts."""
    with ExitStack() as cleanup:
        painting = cleanup.enter_context(ExitStack())
        report = painting.enter_context(live_report(console))
        stack = cleanup.enter_context(Stack.start(run_dir=folder, progress=report))
        painting.close()
        yield stack


def _conclude(screen: Screen, tally: Tally, told: Told, folder: Path) -> None:
    """Say what was caught, where the picture of it is and what to type next; the figures last."""
    page, drawing = write(tally, told, folder)
    screen.step("What was caught", summary(tally))
    for pattern, frauds, caught in tally.by_pattern():
        screen.say(f"{pattern.replace('_', ' '):<12} {caught:>4,} of {frauds:,}")
    screen.say(
        f"from sent to scored: p50 {tally.latency_ms(50):,.0f} ms, p99 {tally.latency_ms(99):,.0f} ms; "
        f"{tally.unscored:,} vectors were not whole, and not scored"
    )
    screen.say(f"the picture: {page}", style="bold")
    screen.say(f"its drawing: {drawing}")
    if not tally.of("caught"):
        screen.say("NOTHING WAS CAUGHT: see the picture, and the logs beside it", style="bold red")
    screen.step("What to type next", "The model is a function of the vectors; the vectors are features/payments.")
    screen.say("less examples/fraud/models.py          what the enricher calls")
    screen.say("less features/payments/sets.py         what the model reads; docs/features says it in English")
    screen.say("make demo-fraud SEED=3 SECONDS=180     another bank, and more time")
    screen.say("make demo                              real transactions, every value compared with hand-written SQL")
    # Not through rich: it would wrap and colour it.
    sys.stdout.write(f"\n{json.dumps(tally.figures())}\n")


if __name__ == "__main__":
    run(app)
