"""`millpond diff`: what a change of the pool would do, before it is merged or deployed."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from millpond.cli.context import Env, Json, out, print_json, settings_of
from millpond.cli.pool import WRONG, Root, fail
from millpond.control.settings import find_root

if TYPE_CHECKING:
    from millpond.review.report import Section
    from millpond.review.review import Review
    from millpond.review.standing import Standing

PUBLISHED = "published"
REFUSED = 1


def diff(
    against: Annotated[
        str,
        typer.Argument(
            metavar="[REF|published]",
            help="A git commit, branch or tag whose compiled plans are compared with; or what --env runs and serves.",
        ),
    ] = "HEAD",
    env: Env = "dev",
    markdown: Annotated[bool, typer.Option("--markdown", help="As a comment of a pull request.")] = False,
    root: Root = None,
    json: Json = False,
) -> None:
    """Say what the pool as it stands here would change: meaning, jobs, topics, sets, and what it costs.

    Definitions are compiled in memory; nothing is written anywhere. Exits 1 when a deployment would be refused, 2 when
    a definition is wrong or what is compared with cannot be read.
    """
    # Imported where they are used: what runs, and its images, have no ibis.
    from millpond.define.loader import InvalidPool
    from millpond.define.pool_files import as_defined
    from millpond.review.markdown import markdown as as_markdown
    from millpond.review.report import report
    from millpond.review.review import review

    folder = (root or find_root()).resolve()
    try:
        pool = as_defined(folder)
    except InvalidPool as invalid:
        fail(invalid.errors, json, WRONG)
    found = review(
        pool, _standing(folder, against, env), against=f"{env}, published" if against == PUBLISHED else against
    )
    if json:
        print_json(_document(found))
    elif markdown:
        typer.echo(as_markdown(report(found)))
    else:
        told = report(found)
        out.print(told.summary, style="bold", highlight=False, markup=False)
        for section in told.sections:
            _show(section)
    if found.is_refused:
        raise typer.Exit(REFUSED)


def _standing(folder: Path, against: str, env: str) -> "Standing":
    from millpond.review.earlier import pool_at
    from millpond.review.standing import Standing

    if against != PUBLISHED:
        return Standing.as_deployed(pool_at(folder, against))
    # Only who asks for an environment needs its clients.
    from millpond.review.published import standing_of

    return standing_of(settings_of(env, folder))


def _document(found: "Review") -> dict[str, Any]:
    refused = [{"where": e.where, "what": e.what, "mend": e.mend} for e in found.outlook.refused]
    return {
        "ok": not found.is_refused,
        "against": found.against,
        "difference": found.difference,
        "outlook": {**asdict(found.outlook), "refused": refused},
        "tails": found.tails,
        "rows": found.rows,
    }


def _show(section: "Section") -> None:
    out.print()
    out.print(section.title, style="cyan", highlight=False, markup=False)
    for line in section.lines:
        out.print(f"  {line}", highlight=False, markup=False)
    if section.table:
        told = section.table
        table = Table(box=None, header_style="dim")
        for at, name in enumerate(told.head):
            justify: Any = "right" if at >= len(told.head) - told.numbers else "left"
            table.add_column(name, justify=justify, overflow="fold")
        for row in told.rows:
            table.add_row(*map(escape, row))
        out.print(table)
