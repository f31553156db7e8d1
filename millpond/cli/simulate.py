"""`millpond simulate`: a bank's payments with fraud among them, as Parquet files or into Kafka."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.table import Table

from millpond.cli.context import Env, Json, err, out, print_json, say, settings_of
from millpond.cli.stopping import interruptible, told_to_stop
from millpond.control.settings import find_root
from millpond.plan.clock import ms_of, now_ms
from millpond.plan.errors import MillpondError

if TYPE_CHECKING:
    from millpond.simulate import Simulation

FIRST_DAY: Final = datetime(2024, 1, 1, tzinfo=UTC)

# Option -> the one without which it says nothing.
_NEEDS: Final = {
    "force": "out",
    "env": "publish",
    "live": "publish",
    "rate": "publish",
    "append": "publish",
    "truth": "publish",
}
Tell = Callable[[int, int], None]
"""Is told how many events there are so far, and the arrival of the last, ms UTC."""


def simulate(
    ctx: typer.Context,
    folder: Annotated[Path | None, typer.Option("--out", help="Write files: the folder, new or empty.")] = None,
    publish: Annotated[bool, typer.Option("--publish", help="Publish into the environment's Kafka.")] = False,
    seed: Annotated[int, typer.Option(help="The same seed gives the same events.")] = 1,
    customers: Annotated[int, typer.Option(help="How many the bank has.")] = 1_000,
    days: Annotated[int, typer.Option(min=0, help="How many are lived; with --live, before today.")] = 30,
    events: Annotated[int | None, typer.Option(min=1, help="Stop after so many; by default all of the days.")] = None,
    start: Annotated[
        datetime, typer.Option(formats=["%Y-%m-%d"], help="The first day, UTC.", show_default="2024-01-01")
    ] = FIRST_DAY,
    live: Annotated[
        bool, typer.Option("--live", help="Up to now at once, then on with the clock, until Ctrl-C.")
    ] = False,
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.001, help="Events a second; with --live on average, by as many customers as that takes.",
            show_default="as fast as it goes",
        ),
    ] = None,
    append: Annotated[bool, typer.Option("--append", help="Publish into topics that hold events already.")] = False,
    truth: Annotated[
        Path | None, typer.Option(help="Where the ground truth of what is published goes: a new Parquet file.")
    ] = None,
    env: Env = "dev",
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier simulation in the folder.")] = False,
    json: Json = False,
) -> None:  # fmt: skip
    """Simulate a bank's payments and the fraud among them: files with --out, events in Kafka with --publish.

    --out writes a Parquet file a topic, and truth.parquet. --publish creates the topics where they are missing,
    registers their schemas, and sends every event stamped with its arrival. Ctrl-C stops between two events.
    """
    # Imported here, and below: no other verb needs the simulation, DuckDB and fastavro.
    from millpond.simulate import Simulation, period

    _require_sense(_given(ctx))
    if live:
        many = customers if rate is None else period.customers_for(rate)
        simulation = period.up_to_now(seed=seed, customers=many, days=days, events=events, now_ms=now_ms())
    else:
        first = ms_of(start.replace(tzinfo=UTC))
        simulation = Simulation(seed=seed, customers=customers, days=days, events=events, start_ms=first)
    if folder is not None:
        _write(simulation, folder, force=force, json=json)
        return
    if not live:
        period.require_past(simulation, now_ms())
    _publish(simulation, env, live=live, rate=rate, append=append, truth_file=truth, json=json)


def _given(ctx: typer.Context) -> set[str]:
    """The options that stand on the command line, without their dashes."""
    sources = {
        option.opts[0].removeprefix("--"): ctx.get_parameter_source(option.name or "") for option in ctx.command.params
    }
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def _require_sense(given: set[str]) -> None:
    """Refuse options that contradict each other, or would say nothing.

    Raises:
        MillpondError: with the mend.
    """
    if ("out" in given) == ("publish" in given):
        both = "out" in given
        raise MillpondError(
            "--out and --publish are two runs" if both else "nothing says where the events are to go",
            where="millpond simulate",
            mend="write files with --out FOLDER, or publish into Kafka with --publish",
        )
    for option, needed in _NEEDS.items():
        if option in given and needed not in given:
            raise MillpondError(
                f"--{option} says nothing without --{needed}", mend=f"leave out --{option}, or say --{needed}"
            )
    if {"live", "start"} <= given:
        raise MillpondError("--live begins --days before today, not at --start", mend="leave out --start")
    if {"live", "rate", "customers"} <= given:
        raise MillpondError(
            "with --live, --rate says how many customers there are", mend="leave out --customers, or --rate"
        )


# --- files ----------------------------------------------------------------------------------------------------------


def _write(simulation: "Simulation", folder: Path, *, force: bool, json: bool) -> None:
    from millpond.simulate.folder import write

    with interruptible(err.print, "nothing was written"), _progress(simulation, simulation.end_ms) as tell:
        written = write(simulation, folder, force=force, progress=tell)
    if json:
        print_json({"out": str(folder), "seed": simulation.seed, "rows": written.rows, "patterns": written.patterns})
        return
    _show(written.rows, written.patterns)
    out.print(f"{sum(written.rows.values()):,} events written to {folder}", highlight=False, soft_wrap=True)


# --- Kafka ----------------------------------------------------------------------------------------------------------


def _publish(
    simulation: "Simulation",
    env: str,
    *,
    live: bool,
    rate: float | None,
    append: bool,
    truth_file: Path | None,
    json: bool,
) -> None:
    from millpond.simulate import pace
    from millpond.simulate.publish import open_topics, publish
    from millpond.simulate.truth import count_patterns, kept

    settings = settings_of(env)
    with nullcontext(dict[str, str]()) if truth_file is None else kept(truth_file) as truth:
        encoders = open_topics(settings, find_root() / "schemas", append=append)
        began = now_ms()
        due = pace.as_it_arrives if live else pace.at_once if rate is None else pace.at_rate(rate, began_ms=began)
        if live:
            say(f"live from {_instant(simulation.start_ms)} on, {simulation.customers:,} customers; Ctrl-C stops it")
            say(f"next, in another terminal: millpond deploy --from earliest{_option(env)}")
        with _progress(simulation, began if live else simulation.end_ms) as tell, told_to_stop() as stop:
            published = publish(
                simulation,
                settings.kafka,
                encoders,
                due=due,
                truth=truth,
                clock=now_ms,
                stopped=stop,
                progress=tell,
            )
        took_s = (now_ms() - began) / 1000
    counts = {"rows": published.rows, "patterns": count_patterns(truth)}
    if json:
        asked = {"env": env, "seed": simulation.seed, "customers": simulation.customers}
        print_json({**asked, **counts, "arrivals": published.arrivals, "took_s": took_s, "stopped": stop()})
    else:
        _show(**counts)
        how = f"published to {env} in {took_s:.1f} s" + (", then stopped" if stop() else "")
        out.print(f"{sum(published.rows.values()):,} events {how}", highlight=False, soft_wrap=True)
        if published.arrivals is not None:
            _show_arrivals(published.arrivals, env, None if live else simulation.end_ms)
    if stop():
        raise typer.Exit(stop.code)


def _show_arrivals(arrivals: tuple[int, int], env: str, end_ms: int | None) -> None:
    """What the topics hold now, and, where it ends in the past, how it is read."""
    first, last = arrivals
    out.print(f"arrivals from {_instant(first)} to {_instant(last)}", highlight=False, soft_wrap=True)
    if end_ms is not None:
        read = f"millpond read SET … --as-of {_instant(min(end_ms, last))}"
        advice = f"next: millpond deploy --from earliest{_option(env)}, then {read}{_option(env)}"
        out.print(advice, style="dim", highlight=False, soft_wrap=True)


def _option(env: str) -> str:
    return "" if env == "dev" else f" --env {env}"


# --- on the terminal ------------------------------------------------------------------------------------------------


@contextmanager
def _progress(simulation: "Simulation", end_ms: int) -> Iterator[Tell]:
    """A bar from the simulation's first day to an instant; gives what moves it."""
    so_far = TextColumn("{task.fields[events]:>10,} events  {task.description}")
    columns = (so_far, BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("", total=1.0, events=0)

        def tell(events: int, arrival: int) -> None:
            lived = (arrival - simulation.start_ms) / max(end_ms - simulation.start_ms, 1)
            share = max(lived, events / simulation.events if simulation.events else 0.0)
            bar.update(task, completed=min(share, 1.0), events=events, description=_instant(arrival))

        yield tell


def _instant(at: int) -> str:
    return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _show(rows: Mapping[str, int], patterns: Mapping[str, int]) -> None:
    out.print(_table("topic", "events", rows))
    out.print(_table("pattern", "events", patterns))


def _table(what: str, number: str, counts: Mapping[str, int]) -> Table:
    table = Table(what)
    table.add_column(number, justify="right")
    for name, count in counts.items():
        table.add_row(name, f"{count:,}")
    return table
