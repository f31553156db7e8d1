"""`make own-event`: requests that are events of a running job, and every vector compared with SQL written by hand.

Sales are sent by the clock, some customers' more than others', doubled, out of order, late, and bad; two enrichers
answer each, one with it counted, one with it left out. The jobs are frozen, killed, and run. Exits 1 where a vector is
wrong, or more than one in a thousand is behind while the jobs run.
"""

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Final

import msgspec

from millpond.control.settings import Settings
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from millpond.plan.errors import MillpondError
from tests.kept import machine
from tests.own_event.damage import DAMAGES
from tests.own_event.judging import Judged, judge
from tests.own_event.page import NOT_BEHIND, Results, write_results
from tests.own_event.running import PAUSES, Happened, shop
from tests.own_event.sending import CUSTOMERS, HOT

NS: Final = "own_event"
RUN: Final = Path(".millpond") / "own-event"
WHOLE: Final = 20_000
MOST_LATE: Final = 20


def main() -> int:
    """1 where anything is wrong or behind, 2 where it could not be found out."""
    parser = argparse.ArgumentParser(prog="make own-event", description=__doc__)
    parser.add_argument("--requests", type=int, default=WHOLE, help="at least so many, to each set")
    parser.add_argument("--rate", type=float, default=150.0, help="requests a second")
    parser.add_argument("--damage", choices=DAMAGES, help="make one thing wrong, which must be noticed")
    args = parser.parse_args()
    try:
        return _main(args.requests, args.rate, args.damage)
    except MillpondError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("interrupted; nothing is kept", file=sys.stderr)
        return 130


def _main(requests: int, rate: float, damage: str | None) -> int:
    began = time.monotonic()
    say("starting Kafka, schema registry, Flink and Valkey")
    with (
        tempfile.TemporaryDirectory(prefix="millpond-own-event-") as folder,
        Stack.start(run_dir=RUN, progress=lambda _: None) as stack,
    ):
        settings = msgspec.convert({"ns": NS, **stack.addresses.settings(Workspace.find().flink_python)}, Settings)
        with shop(settings, stack, Path(folder), rate, say) as made:
            happened = made.run(requests, PAUSES if requests >= WHOLE else PAUSES[:1])
    say("comparing with SQL")
    judged = judge(happened if damage is None else DAMAGES[damage](happened))
    results = _results(happened, judged, requests, rate, round(time.monotonic() - began))
    if requests >= WHOLE and damage is None:
        write_results(results)
    return _told(judged, results)


def _results(happened: Happened, judged: Judged, requests: int, rate: float, took_s: int) -> Results:
    often = Counter((one.event_id, one.ts) for one in happened.records)
    return Results(
        command=f"make own-event REQUESTS={requests} RATE={rate:g}",
        machine=machine(),
        requests=len(happened.records) + len(happened.unreadable),
        rate=rate,
        doubled=len(happened.records) - len(often),
        customers=CUSTOMERS,
        hot_share=HOT[0],
        took_s=took_s,
        held_up_s=[(end - start) / 1000 for start, end in happened.held_up],
        running_s=(max(one.arrival for one in happened.records) - happened.running_since) / 1000,
        load=round(happened.load, 1),
        wrong=judged.wrong,
        examples=judged.examples,
        not_behind=min(one.share_not_behind for one in judged.running),
        stretches=judged.stretches,
    )


def _told(judged: Judged, results: Results) -> int:
    for one in judged.stretches:
        say(
            f"{one.set}, {one.stretch}: {one.vectors:,} vectors, {one.values:,} values to be used, {one.choices:,} of "
            f"several right ones ({one.open:,} open), {one.never_in:,} of sales that no job counts; "
            f"{dict(one.statuses)}; {one.share_not_behind:.3%} not behind"
        )
    for example in judged.examples:
        print(f"wrong: {example}", file=sys.stderr)
    for late in judged.late[:MOST_LATE]:
        print(f"behind: {late}", file=sys.stderr)
    say(f"{judged.wrong:,} wrong; {results.took_s / 60:.0f} min")
    if results.not_behind < NOT_BEHIND:
        print(f"error: only {results.not_behind:.3%} are not behind while the jobs run", file=sys.stderr)
    return 0 if judged.wrong == 0 and results.not_behind >= NOT_BEHIND else 1


def say(line: str) -> None:
    """Tell what is being done."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
