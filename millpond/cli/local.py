"""`millpond up` and `millpond down`: the whole stack as local processes."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from millpond.cli.context import Env, err, run_folder
from millpond.control.settings import find_root
from millpond.plan.errors import StackError
from millpond.plan.names import check_name

if TYPE_CHECKING:
    from millpond.local.blueprint import Extra
    from millpond.local.stack import Stack
    from millpond.local.state import StackState

# The one environment in the millpond.toml of a new project.
DEFAULT_ENV = "dev"

DetachOption = Annotated[bool, typer.Option("--detach", "-d", help="Return when all is ready; the stack runs on.")]
MaterializerOption = Annotated[
    bool, typer.Option("--materializer/--no-materializer", help="Also run the materializer, which fills the store.")
]


def materializer(env: str) -> "Extra":
    """The program that moves tiles from Kafka to the store."""
    from millpond.local.blueprint import Extra

    command = (sys.executable, "-m", "millpond.cli.main", "materialize", "--env", env)
    return Extra(name="materializer", argv=command)


def up(env: Env = DEFAULT_ENV, detach: DetachOption = False, with_materializer: MaterializerOption = True) -> None:
    """Start Kafka, schema registry, Flink and Valkey as local processes, and wait until all are ready.

    Runs until Ctrl-C, which stops everything; with --detach until `millpond down`. Nothing is left behind,
    even if the command is killed. A part that dies, or does not answer for 20 s, is started again with what it has on
    disk, and that is said; `millpond doctor` tells how things are. Every `up` begins empty: topics, schemas, jobs and
    store of an earlier run are removed.
    A second `up` of the same environment starts nothing: it shows the one that runs.

    Neither Java, Maven, Redis nor Docker is needed: everything comes from `make setup`.
    """
    # Imported here, and below: contributors' machines have no local stack.
    from millpond.local import supervise, view
    from millpond.local.state import running_state

    run_dir = run_folder(find_root(), check_name(env, "environment"))
    if running_state(run_dir) is not None:
        _attach(run_dir, env)
        return
    extras = (materializer(env),) if with_materializer else ()
    with view.live_report(err) as report:
        err.print(f"starting with empty data in {run_dir}", style="dim", soft_wrap=True)
        if detach:
            state = supervise.detach(run_dir, extras=extras, report=report)
            _show(state, env, "running in the background")
            return

        def ready(stack: "Stack") -> None:
            _show(stack.state(), env, "running; Ctrl-C stops everything")

        try:
            supervise.run(run_dir, extras=extras, report=report, ready=ready)
        except KeyboardInterrupt:
            err.print(f"{env}: stopped; nothing is left running")
            raise


def down(env: Env = DEFAULT_ENV) -> None:
    """Stop the stack of an environment, however it was started; also cleans up after one that was killed.

    Succeeds when nothing runs. Logs stay until the next `up`.
    """
    from millpond.local import leftovers

    run_dir = run_folder(find_root(), check_name(env, "environment"))
    with err.status(f"stopping {env}"):
        outcome = leftovers.down(run_dir)
    err.print(f"{env}: {outcome}")


def _attach(run_dir: Path, env: str) -> None:
    from millpond.local import supervise, view
    from millpond.plan.clock import now_ms

    with err.status(f"{env} is being started by another `millpond up`; waiting for it"):
        state = supervise.await_ready(run_dir)
    if state is None:
        raise StackError("the other `millpond up` ended before it was ready", where=env, mend="run it again")
    who = f"already running for {view.age(state, now_ms())}, supervised by process {state.supervisor.pid}"
    _show(state, env, f"{who}; nothing was started")


def _show(state: "StackState", env: str, headline: str) -> None:
    from millpond.local import view

    assert state.addresses is not None, "known when ready"
    err.print(f"\n[bold]{env}[/bold]: {headline}", highlight=False, soft_wrap=True)
    err.print(view.address_table(state.addresses))
    option = "" if env == DEFAULT_ENV else f" --env {env}"
    verbs = ("simulate --publish", "deploy", "status", "down")
    err.print(f"\nnext: {' · '.join(f'millpond {verb}{option}' for verb in verbs)}", highlight=False, soft_wrap=True)
