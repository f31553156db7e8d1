"""`millpond preview`: what definitions give on given data, before anything is deployed."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from millpond.cli.context import Env, Json, out, print_json, settings_of
from millpond.cli.read import instant_of, json_value, value_of
from millpond.control.settings import find_root
from millpond.plan.errors import ReadError
from millpond.plan.names import did_you_mean

if TYPE_CHECKING:
    from millpond.offline.data import Data
    from millpond.offline.preview import Preview
    from millpond.offline.subject import Subject

TOPIC: Final = "topic"


def preview(
    name: Annotated[str, typer.Argument(metavar="DOMAIN.NAME", help="A view, or a feature set.")],
    data: Annotated[
        str,
        typer.Option(
            metavar="PATH|topic",
            help="Parquet: a folder with <topic>.parquet for each source, or one source's file. The word `topic`: the "
            "sources' own topics.",
        ),
    ],
    entity: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=VALUE", help="Whom to look at closely; by default whoever has most events."),
    ] = None,
    at: Annotated[
        str | None, typer.Option(help="An instant, such as 2024-01-31T12:00:00Z; the last event's by default.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page of it, which needs no other file.")] = None,
    env: Env = "dev",
    json: Json = False,
) -> None:
    """Preview what a view or a set gives on given data, as its files stand: nothing is deployed."""
    # Imported here: no other verb needs DuckDB and Arrow.
    from millpond.offline.preview import preview_of
    from millpond.offline.subject import subject

    asked = subject(find_root(), name)
    found = preview_of(asked, _data(data, env), entity=_entity(asked, entity or []), at=instant_of(at, "--at"))
    if html is not None:
        from millpond.offline.html import page

        html.write_text(page(found), encoding="utf-8")
    if json:
        print_json(_document(found))
        return
    from millpond.offline.terminal import rendered

    out.print(rendered(found))


def _data(data: str, env: str) -> "Data":
    if data == TOPIC:
        from millpond.offline.topic import Topics

        settings = settings_of(env)
        return Topics(settings.kafka, settings.registry)
    from millpond.offline.data import Files

    return Files(Path(data))


def _entity(asked: "Subject", given: list[str]) -> dict[str, object]:
    types = {column.name: column.type for column in asked.plan.request}
    found: dict[str, object] = {}
    for item in given:
        field, equals, text = item.partition("=")
        if field not in types or not equals:
            raise ReadError(
                f"--entity {item!r} is not FIELD=VALUE of a request for {asked.plan.full_name}",
                mend=did_you_mean(field, types),
            )
        found[field] = value_of(field, text, types[field])
    return found


def _document(found: "Preview") -> dict[str, object]:
    from millpond.offline.summary import summary

    return {
        "name": found.name,
        "version": found.version,
        "data": found.loaded,
        "at": found.focus.as_of,
        "request": found.request,
        "why": found.why,
        "sample": len(found.sample),
        "drawn_of": found.drawn_of,
        "features": [
            {
                "name": place.name,
                "type": str(place.type),
                "window": place.window,
                "tail_error_ms": place.tail_error_ms,
                "value": json_value(found.focus.values[at]),
                "status": found.focus.statuses[at],
                "distribution": summary(found.sample, at, place.type),
            }
            for at, place in enumerate(found.places)
        ],
        "windows": [
            {"of": w.alias, "window": w.label, "lo": w.lo, "hi": w.hi, "events": w.inside} for w in found.windows
        ],
    }
