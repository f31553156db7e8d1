"""What every verb shares: options, settings of the environment, JSON or text out."""

import json
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.console import Console

from millpond.control.settings import Settings, find_root, load_settings

Env = Annotated[str, typer.Option("--env", help="The environment, as named in millpond.toml.", envvar="MILLPOND_ENV")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of text.")]

out = Console()
err = Console(stderr=True)


def say(line: str) -> None:
    """Tell a step of what goes on."""
    err.print(line, markup=False, highlight=False)


def run_folder(root: Path, env: str) -> Path:
    """Where the local stack of an environment lives."""
    return root / ".millpond" / env


def settings_of(env: str, root: Path | None = None) -> Settings:
    """The settings of an environment; addresses of a running local stack fill in what millpond.toml leaves open."""
    root = root or find_root()
    return load_settings(root, env, stack=lambda: _local_stack(root, env))


def _local_stack(root: Path, env: str) -> dict[str, str]:
    # Imported here: neither contributors' machines nor images have a local stack.
    from millpond.local.state import read_state
    from millpond.local.workspace import Workspace

    flink_python = Workspace.find().flink_python
    state = read_state(run_folder(root, env))
    if state is None or not state.supervisor.runs() or state.addresses is None:
        return {"flink_python": str(flink_python)}
    return state.addresses.settings(flink_python)


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    typer.echo(json.dumps(msgspec.to_builtins(document, enc_hook=str), indent=2, ensure_ascii=False))
