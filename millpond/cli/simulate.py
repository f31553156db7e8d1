"""`millpond simulate`: a bank's payments with fraud among them, as Parquet files."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from millpond.cli.context import Json, err, out, print_json
from millpond.plan.clock import ms_of

if TYPE_CHECKING:
    from millpond.simulate import Simulation
    from millpond.simulate.folder import Written

INTERRUPTED = 130
FIRST_DAY = datetime(2024, 1, 1, tzinfo=UTC)


def simulate(
    folder: Annotated[Path, typer.Option("--out", help="The folder to write; new or empty.")],
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 1,
    customers: Annotated[int, typer.Option(help="How many the bank has.")] = 1_000,
    days: Annotated[int, typer.Option(min=1, help="How many are lived.")] = 30,
    events: Annotated[int | None, typer.Option(min=1, help="Stop after so many; by default all of the days.")] = None,
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day, UTC.", show_default="2024-01-01")
    ] = FIRST_DAY,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier simulation.")] = False,
    json: Json = False,
) -> None:
    """Simulate a bank's payments and the fraud among them: a Parquet file a topic, and truth.parquet."""
    # Imported here: no other verb needs DuckDB and the simulation.
    from millpond.simulate import Simulation

    simulation = Simulation(
        seed=seed, customers=customers, days=days, events=events, start_ms=ms_of(start.replace(tzinfo=UTC))
    )
    try:
        written = _write(simulation, folder, force)
    except (KeyboardInterrupt, RuntimeError) as stop:
        # DuckDB makes a Ctrl-C that falls into a query a RuntimeError of its own, without a cause.
        if isinstance(stop, RuntimeError) and str(stop) != "Query interrupted":
            raise
        err.print("interrupted; nothing was written")
        raise typer.Exit(INTERRUPTED) from None
    if json:
        print_json({"out": str(folder), "seed": seed, "rows": written.rows, "patterns": written.patterns})
        return
    out.print(_table("topic", "rows", written.rows))
    out.print(_table("pattern", "events", written.patterns))
    out.print(f"{sum(written.rows.values()):,} events written to {folder}", highlight=False, soft_wrap=True)


def _write(simulation: "Simulation", folder: Path, force: bool) -> "Written":
    from millpond.simulate.folder import write

    events_so_far = TextColumn("{task.fields[events]:>10,} events")
    columns = (events_so_far, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=1.0, events=0)

        def progress(events: int, arrival: int) -> None:
            lived = (arrival - simulation.start_ms) / (simulation.end_ms - simulation.start_ms)
            share = max(lived, events / simulation.events if simulation.events else 0.0)
            bar.update(task, completed=min(share, 1.0), events=events)

        return write(simulation, folder, force=force, progress=progress)


def _table(what: str, number: str, counts: Mapping[str, int]) -> Table:
    table = Table(what)
    table.add_column(number, justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table
