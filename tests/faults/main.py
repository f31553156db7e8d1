"""`make faults`: kill it part by part, compare everything, while a reader watches."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from millpond.demo.lines import Lines
from millpond.plan.errors import MillpondError
from tests.faults.kinds import KINDS
from tests.faults.page import Document, again, load, save
from tests.faults.run import LINES, SECONDS, Result, play
from tests.faults.sabotage import NAMES
from tests.faults.stage import RATE, STALE_AFTER_S, Stage
from tests.faults.theatre import run_folder, theatre
from tests.kept import machine

FAILED, INTERRUPTED = 2, 130

Planned = tuple[str, int]
"""A kind and a seed."""


def main() -> int:
    """Play the runs that are asked for; 1 where anything was wrong in one of them."""
    args = _arguments()
    runs = planned(args.kind.split(",") if args.kind else list(KINDS), seeds=args.seeds, seed=args.seed)
    try:
        results = _played(runs, args)
    except MillpondError as error:
        print(f"error: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("interrupted; runs that were named one by one are kept, of a whole series nothing", file=sys.stderr)
        return INTERRUPTED
    failed = [result for result in results if result.wrong]
    print(f"{len(results)} runs, {len(failed)} of them wrong", flush=True)
    return 1 if failed else 0


def planned(kinds: Sequence[str], *, seeds: int, seed: int | None) -> list[Planned]:
    """Which kinds with which seeds: as many runs as seeds are wanted, and each kind at least once."""
    if seed is not None:
        return [(kind, seed) for kind in kinds]
    return [(kinds[i % len(kinds)], i + 1) for i in range(max(seeds, len(kinds)))]


def _played(runs: Sequence[Planned], args: argparse.Namespace) -> list[Result]:
    lines = Lines.first(args.lines)
    is_series = args.kind is None and args.seed is None
    kept = [run for run in load().runs if not (is_series and run.is_usual)]
    results: list[Result] = []
    with (
        tempfile.TemporaryDirectory(prefix="millpond-faults-") as folder,
        theatre(run_folder(), disk=any(KINDS[kind].disk for kind, _ in runs)) as here,
    ):
        for number, (kind, seed) in enumerate(runs, 1):
            at = Path(folder) / str(number)
            stage = Stage(
                here, f"faults_{number}", lines, at, cut=KINDS[kind].cut, rate=args.rate, stale_after_s=args.stale
            )
            results.append(play(stage, kind, seed, seconds=args.seconds, damage=args.damage))
            tell(results[-1])
            # A series takes the place of all earlier runs at the usual pace: it is kept when it is whole.
            if not args.damage and (not is_series or number == len(runs)):
                _keep(kept, results)
    return results


def _keep(earlier: Sequence[Result], results: Sequence[Result]) -> None:
    """Keep what was shown so far; a run that is played again replaces its own."""
    played = {again(result) for result in results}
    kept = [run for run in earlier if again(run) not in played]
    save(Document(machine=machine(), runs=[*kept, *results]))


def tell(result: Result) -> None:
    """One line, and what was wrong."""
    held_up, recovered = ("never" if s is None else f"{s:.1f} s" for s in (result.held_up_s, result.recovered_s))
    share = result.usable / result.values if result.values else 0.0
    verdict = "right" if not result.wrong else f"{result.wrong:,} WRONG"
    print(
        f"{result.kind:<20} seed {result.seed:>3}  at {result.moment:4.1f} s  held up {held_up:>7}  recovered in "
        f"{recovered:>7}  {result.tiles:,} tiles, {result.letters} letters, {result.vectors:,} vectors "
        f"({share:.0%} usable)  {result.took_s:.0f} s  {verdict}",
        flush=True,
    )
    if result.outlived:
        print(f"    {result.outlived} keys of tiles that no ring holds any more end in an earlier row", flush=True)
    for fault in result.faults:
        print(f"    {fault}", flush=True)
    if result.wrong:
        print(f"    again: {again(result)}", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make faults", description="Kill it part by part, compare everything.")
    parser.add_argument("--seeds", type=int, default=20, help="how many runs; never fewer than there are kinds")
    parser.add_argument("--seed", type=int, help="play this seed alone, of every kind that is named")
    parser.add_argument("--kind", type=_kinds, help=f"some of {', '.join(KINDS)}; all by default")
    parser.add_argument("--lines", type=int, default=LINES, help="of the retail history to replay")
    parser.add_argument("--seconds", type=float, default=SECONDS, help="in which the history is replayed")
    parser.add_argument("--rate", type=float, default=RATE, help="vectors a second that the reader asks for")
    parser.add_argument("--stale", type=float, default=STALE_AFTER_S, help="the reader's stale_after, in seconds")
    parser.add_argument("--damage", choices=NAMES, help="done on purpose: the run must fail")
    return parser.parse_args()


def _kinds(text: str) -> str:
    for kind in text.split(","):
        if kind not in KINDS:
            raise argparse.ArgumentTypeError(f"{kind!r} is none of {', '.join(KINDS)}")
    return text


if __name__ == "__main__":
    sys.exit(main())
