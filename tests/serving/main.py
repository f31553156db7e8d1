"""`make serving`: vectors are read and requests answered while one part after the other is killed."""

import argparse
import os
import platform
import sys
import tempfile
from pathlib import Path
from typing import get_args

from tests.serving.kinds import KINDS, kinds_of
from tests.serving.page import Document, save
from tests.serving.run import Result, play
from tests.serving.sabotage import NAMES, STORED
from tests.serving.stage import RATE, Store

INTERRUPTED = 130


def main() -> int:
    """Play the runs that are asked for; 1 where anything was wrong in one of them."""
    args = _arguments()
    stores: list[Store] = [args.store] if args.store else list(get_args(Store))
    results = []
    try:
        with tempfile.TemporaryDirectory(prefix="millpond-serving-") as folder:
            for store in stores:
                kinds = (
                    [kind for kind in args.kind.split(",") if kind in kinds_of(store)] if args.kind else kinds_of(store)
                )
                if not kinds:
                    continue
                print(f"a store of {'one node' if store == 'one' else 'a cluster'}", flush=True)
                result = play(
                    store, kinds, Path(folder) / store, seed=args.seed, rate=args.rate, damage=args.sabotage, say=tell
                )
                told(result)
                results.append(result)
    except KeyboardInterrupt:
        print("interrupted; nothing is kept", file=sys.stderr)
        return INTERRUPTED
    # A page is of a whole series: what was asked for in part, or damaged, is told and not kept.
    if not (args.sabotage or args.kind or args.store or args.rate != RATE):
        machine = (
            f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {platform.python_version()}"
        )
        save(Document(machine=machine, runs=results))
    return 1 if any(result.wrong for result in results) else 0


def tell(line: str) -> None:
    """A step."""
    print(f"  {line}", flush=True)


def told(result: Result) -> None:
    """What a run showed."""
    for death in result.deaths:
        for what, answers in (("vectors", death.vectors), ("requests", death.requests)):
            shares = ", ".join(f"{status} {count / answers.asked:.1%}" for status, count in answers.statuses.items())
            since = "never" if answers.recovered_s is None else f"after {answers.recovered_s:.0f} s"
            print(f"  {death.kind:<13} {what:<8} well {since:>11}, slowest {answers.slowest_ms:>6,} ms: {shares}")
    print(
        f"  {result.vectors:,} vectors of {result.values:,} values read, {result.usable:,} usable; {result.requests:,} "
        f"requests, {result.replies:,} replies of {result.answered:,} values, {result.answered_usable:,} usable; "
        f"{result.took_s:.0f} s; {f'{result.wrong:,} WRONG' if result.wrong else 'right'}"
    )
    for fault in result.faults:
        print(f"    {fault}")
    sys.stdout.flush()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make serving", description="Read and ask while parts die.")
    parser.add_argument("--store", choices=get_args(Store), help="over this one alone")
    parser.add_argument("--kind", type=_kinds, help=f"some of {', '.join(KINDS)}; all by default")
    parser.add_argument("--seed", type=int, default=1, help="of what is sold, and whom is asked for")
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second, and vectors read")
    parser.add_argument("--sabotage", choices=NAMES, help="damage done on purpose: the run must fail")
    args = parser.parse_args()
    if args.sabotage in STORED and args.store != "one":
        parser.error(f"--sabotage {args.sabotage} is done to a store of one node: give --store one")
    return args


def _kinds(text: str) -> str:
    for kind in text.split(","):
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"{kind!r} is none of {', '.join(KINDS)}")
    return text


if __name__ == "__main__":
    sys.exit(main())
