"""`make serving`: vectors are read and requests answered while one part after the other is killed."""

import argparse
import sys
import tempfile
from collections.abc import Container
from functools import partial
from pathlib import Path
from typing import get_args

from tests.kept import machine
from tests.serving.kinds import KINDS, kinds_of
from tests.serving.page import TITLES, Document, load, save
from tests.serving.run import Result, play
from tests.serving.sabotage import EVIDENCE
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
                kinds = [kind for kind in args.kind if kind in kinds_of(store)] if args.kind else kinds_of(store)
                if not kinds:
                    continue
                print(TITLES[store], flush=True)
                result = play(
                    store,
                    kinds,
                    Path(folder) / store,
                    seed=args.seed,
                    rate=args.rate,
                    damage=args.sabotage,
                    say=tell,
                )
                told(result)
                results.append(result)
                # What was asked for in part, or damaged, is told and not kept.
                if not (args.sabotage or args.kind or args.rate != RATE):
                    keep(result)
    except KeyboardInterrupt:
        print("interrupted; what was whole is kept", file=sys.stderr)
        return INTERRUPTED
    return 1 if any(result.wrong for result in results) else 0


def tell(line: str) -> None:
    """A step."""
    print(f"  {line}", flush=True)


def keep(result: Result) -> None:
    """Keep a run in place of the last one over such a store."""
    runs = {run.store: run for run in load().runs} | {result.store: result}
    save(Document(machine=machine(), runs=[runs[store] for store in get_args(Store) if store in runs]))


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
    parser.add_argument("--kind", type=partial(_some_of, KINDS), help=f"some of {', '.join(KINDS)}; all by default")
    parser.add_argument("--seed", type=int, default=1, help="of what is sold, and whom is asked for")
    parser.add_argument("--rate", type=float, default=RATE, help="requests a second, and vectors read")
    parser.add_argument(
        "--sabotage",
        type=partial(_some_of, EVIDENCE),
        default=[],
        help=f"some of {', '.join(EVIDENCE)}: the run must find them",
    )
    return parser.parse_args()


def _some_of(names: Container[str], text: str) -> list[str]:
    for name in text.split(","):
        if name not in names:
            raise argparse.ArgumentTypeError(f"{name!r} is not known")
    return text.split(",")


if __name__ == "__main__":
    sys.exit(main())
