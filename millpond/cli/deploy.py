"""`millpond deploy` and `millpond rollback`."""

from typing import Annotated

import typer

from millpond.cli.context import Env, Json, out, print_json, say, settings_of
from millpond.control.settings import find_root
from millpond.plan.compiled import load_compiled
from millpond.plan.deployment import Start

LOST = 1


def deploy(
    domains: Annotated[
        list[str] | None,
        typer.Argument(metavar="[DOMAIN]…", help="Deploy these alone; by default the whole pool.", show_default=False),
    ] = None,
    env: Env = "dev",
    start: Annotated[
        Start,
        typer.Option(
            "--from",
            help="`now`: tiles from the last full day on, those before it in a backfill; `earliest`: the whole topic.",
        ),
    ] = "now",
    replay: Annotated[
        bool, typer.Option(help="The source is a history replayed with its own timestamps (CreateTime).")
    ] = False,
    rebuild: Annotated[
        list[str] | None,
        typer.Option(metavar="DOMAIN.VIEW[.vN]", help="Compute it again as a new generation; may be repeated."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with jobs that Flink lost from their last checkpoints.")
    ] = False,
    wait: Annotated[bool, typer.Option(help="Wait until all tiles of the past are filled in.")] = True,
    json: Json = False,
) -> None:
    """Start jobs for all compiled views that do not run yet, publish the sets, and fill in the tiles of the past.

    Reads features/*/compiled only; a running job is never altered, and a published version never changes its meaning.
    Interrupted anywhere, the same command goes on. Exits 1 when a job is lost, and names what mends it.
    """
    # Imported where they are used, here and below: contributors' machines have no Kafka client and no store.
    from millpond.control import deploy as control

    done = control.deploy(
        settings_of(env),
        load_compiled(find_root()),
        domains=domains or (),
        start=start,
        replay=replay,
        rebuild=rebuild or (),
        resume=resume,
        wait=wait,
        say=say,
    )
    if json:
        print_json(
            {
                "started": [job.name for job in done.started],
                "kept": done.kept,
                "filling": done.filling,
                "published": done.published,
                "lost": done.lost,
            }
        )
    else:
        out.print(f"{len(done.started)} jobs started, {len(done.kept)} kept, {len(done.published)} sets published")
        if done.filling:
            out.print(f"{len(done.filling)} jobs are being filled: run `millpond deploy` again to see it done")
        out.print("next: `millpond status`, then `millpond read SET KEY=VALUE …`", style="dim")
    if done.lost:
        raise typer.Exit(LOST)


def rollback(
    name: Annotated[str, typer.Argument(metavar="DOMAIN.SET", help="The feature set.")],
    version: Annotated[int, typer.Option(help="Its version.")],
    env: Env = "dev",
    json: Json = False,
) -> None:
    """Serve what was served before the present publication of one set version; no other set is touched."""
    from millpond.control import sets
    from millpond.control.records import Records

    with Records(settings_of(env)) as records:
        content = sets.roll_back(records, name, version).content
    if json:
        print_json({"set": name, "version": version, "content": content})
        return
    out.print(f"{name} v{version} serves {content[:12]} again; readers follow within a second")
