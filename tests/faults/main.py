"""`make faults`: kill it part by part, compare everything, while a reader watches.

python -m tests.faults.main [--seeds 20] [--kind a,b] [--seed N] [--lines N] [--sabotage WHAT]
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Final

from millpond.demo.lines import Lines
from millpond.local.blueprint import Sizes
from millpond.local.parts.flink_config import FlinkSizes
from millpond.local.stack import Stack
from millpond.local.workspace import Workspace
from tests.faults.kinds import KINDS
from tests.faults.run import Result, play
from tests.faults.stage import Stage

LINES: Final = 20_000
SECONDS: Final = 50.0
SIZES: Final = Sizes(kafka_heap=512, flink=FlinkSizes(task_heap=512, managed=512, network=128, slots=4))


def main() -> int:
    """Play the runs that are asked for; 1 where anything was wrong in one of them."""
    args = _arguments()
    kinds = args.kind.split(",") if args.kind else list(KINDS)
    seeds = [args.seed] if args.seed else list(range(1, args.seeds + 1))
    runs = [(kinds[i % len(kinds)], seed) for i, seed in enumerate(seeds)]
    if not args.seed:
        runs += [(kind, len(runs) + i + 1) for i, kind in enumerate(kinds[len(runs) :])]
    else:
        runs = [(kind, args.seed) for kind in kinds]
    lines = Lines.first(args.lines)
    results = []
    with (
        tempfile.TemporaryDirectory(prefix="millpond-faults-") as folder,
        Stack.start(run_dir=Workspace.find().root / ".millpond" / "faults", sizes=SIZES) as stack,
    ):
        for number, (kind, seed) in enumerate(runs, 1):
            stage = Stage(stack, f"faults_{number}", lines, Path(folder) / str(number))
            results.append(play(stage, kind, seed, seconds=args.seconds))
            tell(results[-1])
    failed = [result for result in results if result.wrong]
    return 1 if failed else 0


def tell(result: Result) -> None:
    """One line, and what was wrong."""
    recovered = "never" if result.recovered_s is None else f"{result.recovered_s:5.1f} s"
    share = result.usable / result.values if result.values else 0.0
    verdict = "right" if not result.wrong else f"{result.wrong:,} WRONG"
    print(
        f"{result.kind:<22} seed {result.seed:>3}  at {result.moment:4.1f} s  recovered {recovered}  "
        f"{result.tiles:,} tiles, {result.letters} letters, {result.vectors:,} vectors ({share:.0%} usable)  "
        f"{result.took_s:.0f} s  {verdict}",
        flush=True,
    )
    for fault in result.faults:
        print(f"    {fault}", flush=True)
    if result.wrong:
        print(f"    again: make faults KIND={result.kind} SEED={result.seed} LINES={result.lines}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description="Kill it part by part, compare everything.")
    parser.add_argument("--seeds", type=int, default=20, help="how many runs; never fewer than there are kinds")
    parser.add_argument("--seed", type=int, help="play this seed alone, of every kind that is named")
    parser.add_argument("--kind", help=f"some of {', '.join(KINDS)}; all by default")
    parser.add_argument("--lines", type=int, default=LINES, help="of the retail history to replay")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="in which the history is replayed")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
