"""`millpond demo`: the whole path on real parts, compared with an independent computation."""

from pathlib import Path
from typing import Annotated

import typer

from millpond.cli.context import err, out
from millpond.cli.stopping import interruptible

MIN_LINES = 1_000
# As they are called here -> as the stack calls them.
KILLED = {
    "taskmanager": "taskmanager",
    "jobmanager": "jobmanager",
    "broker": "kafka",
    "registry": "registry",
    "valkey": "valkey",
    "materializer": "materializer",
}

LinesOption = Annotated[int, typer.Option("--lines", min=MIN_LINES, help="Retail lines to replay; there are 1469307.")]
SabotageOption = Annotated[
    str | None, typer.Option("--sabotage", help="Break one thing on purpose: tile, drop, late or duplicate.")
]
KillOption = Annotated[
    str | None, typer.Option("--kill", help=f"Kill one part on the way: {', '.join(KILLED)}. It must change nothing.")
]
OracleOption = Annotated[
    Path | None, typer.Option("--oracle", help="The independent computation; by default tests/oracles/retail.py.")
]
KeepOption = Annotated[bool, typer.Option("--keep", help="Leave the stack running until Ctrl-C.")]


def demo(
    lines: LinesOption = 200_000,
    sabotage: SabotageOption = None,
    kill: KillOption = None,
    oracle: OracleOption = None,
    keep: KeepOption = False,
) -> None:
    """Replay real retail transactions through every real part, and compare what comes out with hand-written SQL.

    The last line is one JSON object. Exits 1 if a value differs or a count is off.
    """
    # Imported here: no other verb needs DuckDB and the Kafka client.
    from millpond.demo.demo import demo as run
    from millpond.demo.outcome import Options
    from millpond.demo.plants import SABOTAGES
    from millpond.local.workspace import Workspace

    if sabotage is not None and sabotage not in SABOTAGES:
        raise typer.BadParameter(f"{sabotage!r} is none of {', '.join(SABOTAGES)}", param_hint="--sabotage")
    if kill is not None and kill not in KILLED:
        raise typer.BadParameter(f"{kill!r} is none of {', '.join(KILLED)}", param_hint="--kill")
    options = Options(
        lines=lines,
        sabotage=sabotage,
        kill=None if kill is None else KILLED[kill],
        oracle=oracle or Workspace.find().root / "tests" / "oracles" / "retail.py",
        keep=keep,
    )
    with interruptible(err.print, "every part is stopped"):
        code = run(options, out)
    raise typer.Exit(code)
