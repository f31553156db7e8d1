"""`millpond retire`: take a view or a set away."""

from typing import Annotated

import typer

from millpond.cli.context import Env, Json, out, print_json, say, settings_of


def retire(
    name: Annotated[str, typer.Argument(metavar="DOMAIN.NAME", help="The view, or with --set the feature set.")],
    version: Annotated[int, typer.Option(help="Its version.")],
    generation: Annotated[int | None, typer.Option(help="Only this generation of the view.")] = None,
    a_set: Annotated[bool, typer.Option("--set", help="The name is that of a feature set.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    env: Env = "dev",
    json: Json = False,
) -> None:
    """Stop what computes a view that no published set reads, and remove its topics and keys.

    Shows what will go, and asks. Interrupted anywhere, the same command goes on.
    """
    from millpond.control import retire as control
    from millpond.control.records import Records
    from millpond.control.turn import turn

    settings = settings_of(env)
    with turn(settings, say), Records(settings) as records:
        if a_set:
            _confirm(f"{name} v{version} will no longer be served; Readers that have it open keep it", yes=yes)
            control.retire_set(records, name, version)
            plan = None
        else:
            plan = control.plan_retirement(records.ns, records.jobs(), records.published(), name, version, generation)
            for job in plan.stopped:
                say(f"job {job.name} will be stopped")
            for job in plan.shared:
                say(f"job {job.name} goes on, for it runs other views too; its rows of {plan.label} are left unread")
            for topic in plan.topics:
                say(f"topic {topic} will be deleted")
            _confirm(f"{plan.label} and all its keys in {settings.ns!r} will be removed", yes=yes)
            control.retire(settings, records, plan, say)
    if json:
        stopped = [] if plan is None else [job.name for job in plan.stopped]
        print_json({"retired": f"{name}.v{version}", "stopped": stopped, "topics": [] if plan is None else plan.topics})
        return
    out.print(f"{name} v{version} is retired")
    if not a_set:
        out.print("remove its definition, too, or the next `millpond deploy` starts it again", style="dim")


def _confirm(what: str, *, yes: bool) -> None:
    say(what)
    if not yes:
        typer.confirm("Go on?", abort=True, err=True)
