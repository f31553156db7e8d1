"""`millpond doctor`: what is wrong, and the mend."""

import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.text import Text

from millpond.cli.context import Env, Json, err, out, print_json, run_folder, settings_of
from millpond.control.settings import find_root

if TYPE_CHECKING:
    from millpond.control.doctor import Finding
    from millpond.control.facts import PartFact

UNWELL = 1
STYLES = {"wrong": "red", "note": "yellow"}


def doctor(
    env: Env = "dev",
    over: Annotated[
        float, typer.Option(min=0.0, help="Seconds between two looks: what grows or stands still shows in between.")
    ] = 5.0,
    json: Json = False,
) -> None:
    """Name what is wrong with an environment, and the mend, one line each; causes before their consequences.

    Looks at the local parts, Kafka, the registry, Flink, the store, and every job, topic, fragment and published set.
    Exits 1 when anything is wrong; notes do not count.
    """
    # Imported here: contributors' machines have no Kafka client and no store.
    from millpond.control.doctor import diagnose
    from millpond.control.examine import examine

    settings, run_dir = settings_of(env), run_folder(find_root(), env)
    before = examine(settings, part_facts(run_dir))
    with err.status(f"looking at {env} for {over:.0f} s"):
        time.sleep(over)
    findings = diagnose(before, examine(settings, part_facts(run_dir), since=before))
    wrong = any(finding.level == "wrong" for finding in findings)
    if json:
        print_json({"well": not wrong, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            out.print(_line(finding), soft_wrap=True)
        if not wrong:
            out.print(f"{env}: nothing is wrong", style="green")
    if wrong:
        raise typer.Exit(UNWELL)


def _line(finding: "Finding") -> Text:
    return Text.assemble(
        (f"{finding.level}  ", STYLES[finding.level]),
        (finding.where, "bold"),
        f": {' '.join(finding.what.split())}  ",
        (f"mend: {finding.mend}", "dim"),
    )


def part_facts(run_dir: Path) -> "tuple[PartFact, ...]":
    """What the doctor is told of the parts of the stack of a run folder; nothing where none runs."""
    from millpond.control.facts import PartFact
    from millpond.local.status import local_status

    return tuple(
        PartFact(
            name=part.name,
            why_not=part.why_not,
            restarts=part.restarts,
            last_death=part.last_death,
            last_death_ms=part.last_death_ms,
            log=str(part.log),
        )
        for part in local_status(run_dir)
    )
