"""`python -m benchmarks [NAME…] [--json] [--pure]`: exits 1 where a bar does not hold, 2 where one was not measured."""

import sys
from typing import Annotated

import msgspec
import typer

from benchmarks import bars, page, results
from benchmarks.results import Measured
from benchmarks.runner import BENCHMARKS, chosen, merged, run, verdict
from benchmarks.world import World
from millpond.plan.errors import MillpondError

BELOW, FAILED, INTERRUPTED = 1, 2, 130


def main(
    names: Annotated[list[str] | None, typer.Argument(help=f"Of {', '.join(b.name for b in BENCHMARKS)}.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print the results as one JSON document.")] = False,
    pure: Annotated[bool, typer.Option("--pure", help="Measure the Reader in pure Python.")] = False,
) -> None:
    """Measure, write benchmarks/results.json and docs/benchmarks.md, and compare with benchmarks/bars.toml."""
    try:
        raise typer.Exit(_main(names or [], json=json, pure=pure))
    except MillpondError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(FAILED) from error
    except KeyboardInterrupt as interrupt:
        print("interrupted; what was measured before is kept", file=sys.stderr)
        raise typer.Exit(INTERRUPTED) from interrupt


def _main(names: list[str], *, json: bool, pure: bool = False) -> int:
    limits = bars.read()

    def keep(name: str, measured: Measured) -> None:
        everything = merged(results.read(), {name: measured})
        results.write(everything)
        page.write(everything, limits)

    wanted = chosen(names)
    command = "make bench" + (f' ONLY="{" ".join(names)}"' if names else "") + (" PURE=1" if pure else "")
    with World(lambda line: print(line, file=sys.stderr, flush=True)) as world:
        found = run(wanted, world, command=command, keep=keep, pure=pure)
    if json:
        print(msgspec.json.encode(found).decode())
    missed = verdict(found, limits)
    for line in missed:
        print(f"below its bar: {line}", file=sys.stderr)
    if not missed:
        print(f"all bars hold; see {page.FILE.relative_to(page.FILE.parents[1])}", file=sys.stderr)
    return BELOW if missed else 0


if __name__ == "__main__":
    typer.run(main)
