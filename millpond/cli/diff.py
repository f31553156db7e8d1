"""`millpond diff`: what a change of the pool would do, before it is merged or deployed."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from millpond.cli.context import Env, Json, out, print_json, settings_of
from millpond.cli.pool import WRONG, Root, fail
from millpond.control.settings import find_root
from millpond.plan.errors import DefinitionError

if TYPE_CHECKING:
    from millpond.plan.model import ViewPlan
    from millpond.review.cost import Holding
    from millpond.review.review import Review
    from millpond.review.sections import Section
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
    load: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.toml", help="What sources and entities bring (docs/diff.md): costs are told.", dir_okay=False
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER|FILE.parquet",
            help="Count it in events instead: TOPIC.parquet for each source, as `millpond simulate` writes.",
        ),
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a comment of a pull request.")] = False,
    root: Root = None,
    json: Json = False,
) -> None:
    """Say what the pool as it stands here would change: meaning, jobs, topics, sets, and what it costs.

    Definitions are compiled in memory; nothing is written anywhere.

    A load has `[sources.NAME]` with events_per_second and, where they matter, history, text_bytes and values, and
    `[entities.NAME]` with count and skew: docs/diff.md has one.

    Exits 1 when what is published would be refused another meaning, 2 when a definition is wrong, or what is compared
    with, the load or the data cannot be read.
    """
    # Imported where they are used: what runs, and its images, have no ibis.
    from millpond.define.loader import InvalidPool
    from millpond.define.pool_files import as_it_stands
    from millpond.review.markdown import markdown as as_markdown
    from millpond.review.report import report
    from millpond.review.review import review

    folder = (root or find_root()).resolve()
    try:
        pool = as_it_stands(folder)[1]
    except InvalidPool as invalid:
        fail(invalid.errors, json, WRONG)
    name = f"what {env} has published" if against == PUBLISHED else against
    standing = _standing(folder, against, env)
    with _holding(load, data, (*standing.pool.views, *pool.views)) as holding:
        found = review(pool, standing, holding, against=name)
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


@contextmanager
def _holding(load: Path | None, data: Path | None, views: tuple["ViewPlan", ...]) -> Iterator["Holding | None"]:
    if load is not None and data is not None:
        raise DefinitionError(
            "a load is either told or counted", where="--load, --data", mend="leave one of the two out"
        )
    if load is not None:
        from millpond.review.load import read_load
        from millpond.review.modelled import Model

        yield Model(read_load(load))
    elif data is not None:
        from millpond.review.counted import Data

        with Data.open(data, views) as counted:
            yield counted
    else:
        yield None


def _document(found: "Review") -> dict[str, Any]:
    refused = [{"where": e.where, "what": e.what, "mend": e.mend} for e in found.outlook.refused]
    return {
        "ok": not found.is_refused,
        "against": found.against,
        "difference": found.difference,
        "outlook": {**asdict(found.outlook), "refused": refused},
        "tails": found.tails,
        "rows": found.rows,
        "cost": found.bill,
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
