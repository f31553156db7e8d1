"""The demo: real retail transactions through every real part, compared with an independent computation."""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final, NoReturn

import msgspec
from rich.console import Console

from millpond.control.settings import Settings
from millpond.define.pool_files import check_pool
from millpond.demo.lines import Lines
from millpond.demo.outcome import Options, Outcome
from millpond.demo.run import SHOWN_FAULTS, Run
from millpond.demo.screen import Screen
from millpond.demo.source import create_topic, register_schema
from millpond.local.addresses import Addresses
from millpond.local.stack import Stack
from millpond.local.view import live_report
from millpond.local.workspace import Workspace
from millpond.plan.errors import PlanError
from millpond.plan.model import Pool, SourcePlan

ENV: Final = "demo"
DOMAIN: Final = "retail"
PARALLELISM: Final = 1  # with two cores for everything, a second one only adds tasks
WATCH_S: Final = 0.5


def demo(options: Options, console: Console) -> int:
    """Run it; the last line printed is one JSON object of its figures.

    Returns:
        The exit code: 0 when every value and every count is right, else 1.

    Raises:
        MillpondError: a part did not start or died, or the pool is not in order.
    """
    began = time.monotonic()
    workspace, screen = Workspace.find(), Screen(console)
    if options.kill is not None:
        screen.say(f"On the way {options.kill} is killed. It must change nothing.", style="bold yellow")
    if options.sabotage is not None:
        screen.say(f"Sabotage: {options.sabotage}. This run must fail.", style="bold yellow")
    screen.step("Checking the pool: definitions, examples, compiled plans")
    pool = _checked_pool(workspace, screen)
    source = _source(pool)
    lines = Lines.first(options.lines)
    screen.step("Starting Kafka, schema registry, Flink and Valkey")
    with _stack(workspace, console, restart=options.kill is not None) as stack:
        settings = _settings(workspace, stack.addresses)
        create_topic(settings, source)
        encoder = register_schema(settings, source, workspace.root / "schemas" / f"{source.topic}.avsc")
        run = Run(
            options,
            settings,
            pool=pool,
            lines=lines,
            encoder=encoder,
            screen=screen,
            check=stack.check,
            crash=stack.crash,
        )
        screen.step("Deploying")
        job = run.deploy()
        _start_materializer(stack, settings)
        screen.step(f"Replaying {lines.count:,} real till lines, with plants among them")
        run.replay(job)
        screen.step("Reading: how long a read takes")
        run.reads()
        screen.step("Live: from an event's creation to the first read that counts it")
        run.freshness(job)
        if options.keep:
            _conclude(screen, run.outcome, time.monotonic() - began)
            _wait(stack)
    _conclude(screen, run.outcome, time.monotonic() - began)
    return 1 if run.outcome.faults else 0


def _checked_pool(workspace: Workspace, screen: Screen) -> Pool:
    """The pool, when its definitions, examples and compiled plans agree."""
    found = check_pool(workspace.root)
    for finding in found.findings:
        screen.say(f"  {finding}", style="red")
    if found.findings:
        raise PlanError("the pool is not in order", where="features", mend="see above; then run the demo again")
    features = sum(len(view.features) for view in found.pool.views)
    screen.say(
        f"  {len(found.pool.views)} views, {features} features, {len(found.pool.sets)} sets, {found.examples} examples"
    )
    return found.pool.part([DOMAIN])


def _source(pool: Pool) -> SourcePlan:
    """The one source of the demo's views."""
    (source,) = {view.source.name: view.source for view in pool.views}.values()
    return source


@contextmanager
def _stack(workspace: Workspace, console: Console, *, restart: bool) -> Iterator[Stack]:
    """The running stack; its progress is painted while it starts, and what dies later is started again or an error."""
    with ExitStack() as cleanup:
        painting = cleanup.enter_context(ExitStack())
        report = painting.enter_context(live_report(console))
        stack = cleanup.enter_context(
            Stack.start(run_dir=workspace.root / ".millpond" / ENV, progress=report, restart=restart)
        )
        painting.close()
        yield stack


def _settings(workspace: Workspace, addresses: Addresses) -> Settings:
    found = addresses.settings(workspace.flink_python)
    return msgspec.convert({"ns": ENV, "parallelism": PARALLELISM, **found}, Settings)


def _start_materializer(stack: Stack, settings: Settings) -> None:
    addresses = {"kafka": settings.kafka, "registry": settings.registry, "store": settings.store, "ns": settings.ns}
    options = [word for name, value in addresses.items() for word in (f"--{name}", value)]
    stack.spawn("materializer", [sys.executable, "-m", "millpond.cli.main", "materialize", *options])


def _conclude(screen: Screen, outcome: Outcome, took: float) -> None:
    """Say what was shown and what to type next; the figures last."""
    right = not outcome.faults
    screen.step("What was shown" if right else "What went wrong")
    for fault in outcome.faults[:SHOWN_FAULTS]:
        screen.say(f"  {fault}", style="red")
    if len(outcome.faults) > SHOWN_FAULTS:
        screen.say(f"  … and {len(outcome.faults) - SHOWN_FAULTS} more", style="red")
    if right:
        screen.say(
            f"  {outcome.accepted:,} real till lines went through Kafka, Flink and Valkey into feature vectors; "
            f"{outcome.checked.values:,} values\n"
            "  were read back and are equal, to the last digit, to SQL written by hand over the source file.\n"
            f"  {sum(outcome.dead_letters.values()):,} bad records were set aside untouched, each with its reason; "
            f"{outcome.duplicates:,} duplicates counted once."
        )
        screen.step("What to type next")
        screen.say(
            "  make demo SABOTAGE=tile            one number changed in the store is found (or drop, late, duplicate)\n"
            "  make demo KILL=taskmanager         a part that dies on the way changes nothing (or broker, valkey, …)\n"
            "  less features/retail/household.py  a definition; what it compiles to is in features/retail/compiled\n"
            "  .venv/bin/millpond demo --keep     leaves the stack running; then, in another terminal:\n"
            "  .venv/bin/millpond read --env demo retail.shopper household_id=1609 store_id=406"
        )
    screen.say(f"\n{took:,.0f} s in all.", style="dim")
    # Not through rich: it would wrap and colour it.
    print(outcome.line(), flush=True)


def _wait(stack: Stack) -> NoReturn:
    """Until Ctrl-C."""
    while True:
        stack.check()
        time.sleep(WATCH_S)
