"""`make payments`: a simulated bank through every real part; its features compared with SQL written by hand.

Some thousand transfers and documents are asked about at many instants, each when all that had arrived by then is in the
store: with the event left out, and with it counted; also before it arrives. What is held is measured, and compared with
what `millpond diff` estimates; what is read at the end, with what `millpond preview` says. Exits 1 where anything
differs, or an estimate is off by more than a quarter.
"""

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec

from millpond.control.deploy import deploy
from millpond.control.settings import Settings
from millpond.demo.drain import Drain, Drained
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from millpond.plan.compiled import load_compiled
from millpond.plan.errors import MillpondError
from millpond.serve import Reader
from millpond.simulate import Simulation
from millpond.simulate.folder import write
from millpond.simulate.topics import TRANSFERS
from tests.integration.deployed import drain_of, materializing
from tests.oracles.payments import PaymentsOracle
from tests.payments.asking import STALE_AFTER_MS, Said, ask
from tests.payments.comparing import compare
from tests.payments.estimating import MOST_OFF, estimated
from tests.payments.measuring import Measured, measure
from tests.payments.page import Results, write_results
from tests.payments.previewing import previewed, read_at_the_end
from tests.payments.sending import Sending

NS: Final = "payments"
DOMAINS: Final = ("payments", "kyc")
RUN: Final = Path(".millpond") / "payments"
CUSTOMERS: Final = 2_200
DAYS: Final = 90
DRAINS_WITHIN_S: Final = 600.0
SEED: Final = 1
WHOLE: Final = 1_000_000
READ: Final = "payments.transfer_fraud"


def main() -> int:
    """1 where anything differs, 2 where it could not be found out."""
    parser = argparse.ArgumentParser(prog="make payments", description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000, help="of the bank, from the first on")
    parser.add_argument("--instants", type=int, default=200, help="at how many of them it is asked")
    args = parser.parse_args()
    try:
        return _main(args.events, args.instants)
    except MillpondError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing is kept", file=sys.stderr)
        return 130


def _main(events: int, instants: int) -> int:
    began = time.monotonic()
    simulation = Simulation(seed=SEED, customers=CUSTOMERS, days=DAYS, events=events)
    with tempfile.TemporaryDirectory(prefix="millpond-payments-") as folder, _run(RUN) as stack:
        bank = Path(folder) / "bank"
        write(simulation, bank)
        workspace = Workspace.find()
        settings = msgspec.convert(
            {"ns": NS, "parallelism": 1, **stack.addresses.settings(workspace.flink_python)}, Settings
        )
        said, last, measured = _replay(settings, stack, simulation, events, instants)
        say("comparing with SQL")
        compared = compare(PaymentsOracle(bank), said)
        say("comparing with what is previewed")
        seen = previewed(bank, last)
        say("estimating what is held")
        guessed = estimated(bank, load_compiled(workspace.root).part(DOMAINS), NS)
    results = Results(
        events=events,
        instants=instants,
        took_s=round(time.monotonic() - began),
        estimated=guessed,
        measured=measured,
        compared=compared,
        previewed=seen,
    )
    if events >= WHOLE:
        write_results(results)
    for one in compared:
        for example in one.examples:
            print(f"{one.set}: {example}", file=sys.stderr)
        say(f"{one.set}: {one.vectors:,} vectors, {one.values:,} values, {one.different:,} differ; {one.statuses}")
    say(f"{msgspec.json.encode(measured).decode()}\n{results.took_s / 60:.0f} min")
    for each in seen:
        say(f"{each.set}: {each.vectors:,} vectors, {each.values:,} values, {each.different:,} previewed otherwise")
    off = guessed.off(measured.held)
    say(f"estimates off by {off[0]:.1%} of the store and {off[1]:.1%} of the state")
    different = sum(one.different for one in compared) + sum(each.different for each in seen)
    is_right = not different and max(map(abs, off)) <= MOST_OFF
    return 0 if is_right else 1


@contextmanager
def _run(folder: Path) -> Iterator[Stack]:
    say("starting Kafka, schema registry, Flink and Valkey")
    with Stack.start(run_dir=folder, progress=lambda progress: None) as stack:
        yield stack


def _replay(
    settings: Settings, stack: Stack, simulation: Simulation, events: int, instants: int
) -> tuple[list[Said], list[Said], Measured]:
    """Send a part, wait until it is in the store, ask; and so on; at the end, ask about the latest, and measure."""
    sending = Sending(settings, simulation)
    pool = load_compiled(Workspace.find().root)
    jobs = deploy(settings, pool, domains=DOMAINS, start="earliest", replay=True, say=say).started
    rng, said, cutoff = random.Random(SEED), list[Said](), 0
    drains = [drain_of(settings, job, within_s=DRAINS_WITHIN_S) for job in jobs]
    with (
        materializing(settings, stack),
        ThreadPoolExecutor(len(jobs)) as threads,
        Reader.connect(settings.store, ns=settings.ns, stale_after_ms=STALE_AFTER_MS) as reader,
    ):
        for instant in range(1, instants + 1):
            began = time.monotonic()
            cutoff = sending.send(events * instant // instants - sending.count)
            sent = time.monotonic()
            list(threads.map(_in_the_store if instant > 1 else Drain.wait, drains))
            read = time.monotonic()
            said += ask(reader, sending, simulation, cutoff, rng)
            say(
                f"{instant:>4} {sending.count:>9,} events: sent in {sent - began:.1f} s, in the store after "
                f"{read - sent:.1f} s, {len(said):,} vectors read"
            )
        say("measuring what is held, and single reads")
        last = read_at_the_end(reader, sending.latest, cutoff)
        latest = [sent.event for sent in sending.latest[TRANSFERS.name]]
        measured = measure(settings, jobs, reader.open(READ, version=1), latest)
    return said, last, measured


def _in_the_store(drain: Drain) -> Drained:
    return drain.applied(nothing_dies=True)


def say(line: str) -> None:
    """Tell what is being done."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
