"""`millpond check` and `millpond compile`: the pool's definitions, examples, compiled plans and pages."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, NoReturn

import typer
from rich.table import Table

from millpond.cli.context import Json, err, out, print_json, settings_of
from millpond.control.settings import find_root
from millpond.plan.errors import MillpondError, PlanError
from millpond.plan.model import Pool
from millpond.plan.windows import format_duration

if TYPE_CHECKING:
    from millpond.define.pool_files import Change

NOT_IN_ORDER: Final = 1
WRONG: Final = 2

Root = Annotated[
    Path | None,
    typer.Option(
        "--root", help="The project's folder; by default the nearest one upwards.", file_okay=False, exists=True
    ),
]


Against = Annotated[
    str | None,
    typer.Option(
        "--env", help="Also compare each source with all that the registry of this environment has for its topic."
    ),
]


def check(root: Root = None, env: Against = None, json: Json = False) -> None:
    """Check every definition, run every example, and compare the committed plans and pages.

    Exits 2 when a definition is wrong or a registry does not answer, 1 when an example says otherwise, a plan or a page
    is stale, or a schema is registered that a source cannot read.
    """
    # Imported where they are used, here and below: what runs, and its images, have no ibis.
    from millpond.define.loader import InvalidPool
    from millpond.define.pool_files import check_pool

    folder = (root or find_root()).resolve()
    try:
        found = check_pool(folder)
    except InvalidPool as invalid:
        fail(invalid.errors, json, WRONG)
    findings = found.findings
    if env is not None:
        # Only who asks for a registry needs its client.
        from millpond.control.writers import unreadable_writers

        try:
            findings += tuple(unreadable_writers(settings_of(env, folder), [view.source for view in found.pool.views]))
        except MillpondError as error:
            fail((*findings, error), json, WRONG)
    if findings:
        fail(findings, json, NOT_IN_ORDER)
    if json:
        print_json({"ok": True, **_counts(found.pool), "examples": found.examples, "errors": []})
        return
    _show(found.pool)
    out.print(f"all right: {_summary(found.pool)}, {found.examples} examples", highlight=False)


def compile(root: Root = None, json: Json = False) -> None:  # noqa: A001  the verb's name
    """Compile the pool into features/*/compiled, and into pages for people in docs/features; both are committed.

    Exits 2 when a definition is wrong, or a page would be written over what people wrote; no file is touched then.
    """
    from millpond.define.loader import InvalidPool
    from millpond.define.pages.book import FOLDER
    from millpond.define.pool_files import write_compiled

    try:
        pool, changes = write_compiled((root or find_root()).resolve())
    except InvalidPool as invalid:
        fail(invalid.errors, json, WRONG)
    except PlanError as error:
        fail((error,), json, WRONG)
    if json:
        files = [{"path": str(change.path), "how": change.how} for change in changes]
        print_json({"ok": True, **_counts(pool), "files": files, "errors": []})
        return
    changed = [change for change in changes if change.how != "unchanged"]
    for change in changed:
        if not change.path.is_relative_to(FOLDER):
            out.print(f"{change.how:<16} {change.path}{_advice(change)}", highlight=False, soft_wrap=True)
    pages = Counter(change.how for change in changed if change.path.is_relative_to(FOLDER))
    for how, number in sorted(pages.items()):
        out.print(f"{how:<16} {number} {'page' if number == 1 else 'pages'} in {FOLDER}", highlight=False)
    same = sum(change.how == "unchanged" for change in changes)
    out.print(f"compiled {_summary(pool)}; {same} files unchanged", highlight=False)


def _advice(change: "Change") -> str:
    return "  (published already? then raise its version)" if change.how == "meaning changed" else ""


def fail(errors: tuple[MillpondError, ...], json: bool, code: int) -> NoReturn:
    """Tell all errors, and exit."""
    if json:
        print_json(
            {"ok": False, "errors": [{"where": e.where, "what": e.what, "mend": e.mend} for e in errors]},
        )
    else:
        for error in errors:
            err.print(str(error), markup=False, highlight=False, soft_wrap=True)
        err.print(f"{len(errors)} {'error' if len(errors) == 1 else 'errors'}", style="red", highlight=False)
    raise typer.Exit(code)


def _counts(pool: Pool) -> dict[str, int]:
    return {"views": len(pool.views), "features": sum(len(v.features) for v in pool.views), "sets": len(pool.sets)}


def _summary(pool: Pool) -> str:
    return ", ".join(f"{number} {what}" for what, number in _counts(pool).items())


def _show(pool: Pool) -> None:
    views = Table("view", "v", "entity", "features", "tiles", "owner", box=None, header_style="dim")
    views.columns[0].no_wrap = True
    views.columns[2].overflow = "fold"
    for view in pool.views:
        sizes = [format_duration(level.size_ms) for level in view.levels] + (["lifetime"] if view.lifetime else [])
        keys = ", ".join(column.name for column in view.entity.keys)
        views.add_row(view.full_name, str(view.version), keys, str(len(view.features)), " ".join(sizes), view.owner)
    sets = Table("set", "v", "places", "of", "owner", box=None, header_style="dim")
    sets.columns[0].no_wrap = True
    for plan in pool.sets:
        aliases = ", ".join(binding.alias for binding in plan.bindings)
        sets.add_row(plan.full_name, str(plan.version), str(len(plan.places)), aliases, plan.owner)
    out.print(views, "", sets, "")
