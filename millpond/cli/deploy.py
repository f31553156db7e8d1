"""`millpond deploy` and `millpond rollback`."""

from typing import Annotated

import typer

from millpond.cli.context import Env, Json, err, out, print_json, settings_of
from millpond.control.settings import find_root
from millpond.plan.compiled import load_compiled
from millpond.plan.deployment import Start


def deploy(
    env: Env = "dev",
    start: Annotated[
        Start,
        typer.Option("--from", help="`now`: tiles from the last full day on; `earliest`: the whole topic."),
    ] = "now",
    replay: Annotated[
        bool, typer.Option(help="The source is a history replayed with its own timestamps (CreateTime).")
    ] = False,
    json: Json = False,
) -> None:
    """Start jobs for all compiled views that do not run yet, and publish the sets.

    Reads features/*/compiled only; a running job is never altered, and a published version never changes its meaning.
    """
    # Imported where they are used, here and below: contributors' machines have no Kafka client and no store.
    from millpond.control import deploy as control

    done = control.deploy(settings_of(env), load_compiled(find_root()), start=start, replay=replay, say=_say)
    if json:
        print_json({"started": [job.name for job in done.started], "kept": done.kept, "published": done.published})
        return
    out.print(f"{len(done.started)} jobs started, {len(done.kept)} kept, {len(done.published)} sets published")
    out.print("next: `millpond status`, then `millpond read SET KEY=VALUE …`", style="dim")


def _say(line: str) -> None:
    err.print(line, markup=False, highlight=False)


def rollback(
    name: Annotated[str, typer.Argument(metavar="DOMAIN.SET", help="The feature set.")],
    version: Annotated[int, typer.Option(help="Its version.")],
    env: Env = "dev",
    json: Json = False,
) -> None:
    """Serve what was served before the present publication of one set version; no other set is touched."""
    from millpond.control import deploy as control
    from millpond.control.records import Records

    content = control.roll_back(Records(settings_of(env)), name, version).content
    if json:
        print_json({"set": name, "version": version, "content": content})
        return
    out.print(f"{name} v{version} serves {content[:12]} again; readers follow within a second")
