"""`millpond status`: the local processes, the jobs, their lag and freshness, and what is served."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer
from rich.table import Table

from millpond.cli.context import Env, Json, out, print_json, run_folder, settings_of
from millpond.control.settings import find_root
from millpond.plan.windows import STALE_AFTER

if TYPE_CHECKING:
    from millpond.control.status import Status

UNWELL = 1


def status(env: Env = "dev", json: Json = False) -> None:
    """Show what runs: local processes, jobs with lag and dead letters, freshness of every fragment, published sets.

    Exits 1 when a job does not run or a fragment is stale.
    """
    from millpond.control import status as control
    from millpond.local.status import local_status
    from millpond.local.view import status_table

    parts = local_status(run_folder(find_root(), env))
    if parts and not json:
        # First: when Flink or Kafka does not answer, this is where one sees why.
        out.print(status_table(parts))
    found = control.status(settings_of(env))
    well = all(job.state == "RUNNING" and all(_fresh(f.age_ms) for f in job.fragments) for job in found.jobs)
    if json:
        print_json({"parts": parts, **asdict(found), "well": well})
    else:
        _show(found)
    if not well:
        raise typer.Exit(UNWELL)


def _show(found: "Status") -> None:
    if not found.jobs:
        out.print("no jobs; start them with `millpond deploy`")
    for job in found.jobs:
        colour = "green" if job.state == "RUNNING" else "red"
        lag = "unknown" if job.lag is None else f"{job.lag:,}"
        out.print(f"[bold]{job.name}[/] [{colour}]{job.state}[/]  lag {lag}  dead letters {job.dead_letters:,}")
        if job.coverage != "covered":
            out.print(f"  {job.coverage}: `millpond deploy` goes on with it, and waits", style="yellow", markup=False)
        if job.why:
            out.print(f"  {job.why}", style="red", markup=False)
        table = Table("fragment", "seen up to date", box=None, pad_edge=True)
        for fragment in job.fragments:
            table.add_row(fragment.fragment, _age(fragment.age_ms))
        out.print(table)
    for name, content in found.sets.items():
        out.print(f"[bold]{name}[/] serves {content[:12]}")


def _fresh(age_ms: int | None) -> bool:
    return age_ms is not None and age_ms <= STALE_AFTER


def _age(age_ms: int | None) -> Any:
    if age_ms is None:
        return "[red]never[/]"
    return f"[{'green' if _fresh(age_ms) else 'red'}]{age_ms / 1000:.1f} s ago[/]"
