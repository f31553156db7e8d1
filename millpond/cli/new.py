"""`millpond new`: files to begin with, right as they are."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from millpond.cli.context import Json, out, print_json
from millpond.cli.pool import WRONG, Root, fail
from millpond.control.settings import find_root

new = typer.Typer(
    help="Begin a source, a view or a set: files that pass `millpond check` as they are.", no_args_is_help=True
)

_EDIT_NEXT = "next: edit, then millpond compile && millpond check"
Name = Annotated[str, typer.Argument(metavar="DOMAIN.NAME", help="Where it belongs, and what it is called.")]
Owner = Annotated[str | None, typer.Option(help="Who answers for it; by default the domain.")]


@new.command()
def source(
    name: Name,
    schema: Annotated[str, typer.Option(help="Its Avro schema, from the project's root: schemas/x.v1.avsc.")],
    topic: Annotated[str | None, typer.Option(help="By default as the schema's file is called.")] = None,
    event_time: Annotated[str | None, typer.Option(help="By default the schema's one timestamp.")] = None,
    event_id: Annotated[str | None, typer.Option(help="By default event_id or id, if there is one.")] = None,
    owner: Owner = None,
    root: Root = None,
    json: Json = False,
) -> None:
    """Begin a source: `millpond new source payments.transfers --schema schemas/payments.transfer.v1.avsc`."""
    from millpond.define.scaffold import new_source

    folder = (root or find_root()).resolve()
    given = {"topic": topic, "event_time": event_time, "event_id": event_id}
    domain, _, called = name.partition(".")
    advice = f"next: millpond new view {domain}.NAME --source {called} --by FIELD"
    _tell(lambda: new_source(folder, name, schema=schema, owner=owner, **given), advice, json)


@new.command()
def view(
    name: Name,
    source: Annotated[str, typer.Option(help="The name of its source.")],
    by: Annotated[list[str], typer.Option(help="The field that says whom it is about; key=field, or several times.")],
    owner: Owner = None,
    root: Root = None,
    json: Json = False,
) -> None:
    """Begin a view: `millpond new view payments.account_out --source transfers --by account_id=sender_id`."""
    from millpond.define.scaffold import new_view

    folder = (root or find_root()).resolve()
    _tell(
        lambda: new_view(folder, name, source=source, by=by, owner=owner),
        f"{_EDIT_NEXT}; to read it: millpond new set",
        json,
    )


@new.command(name="set")
def set_(
    name: Name,
    view: Annotated[list[str], typer.Option(help="A view, domain.name; several times for several.")],
    owner: Owner = None,
    root: Root = None,
    json: Json = False,
) -> None:
    """Begin a set: `millpond new set payments.transfer_fraud --view payments.account_out`."""
    from millpond.define.scaffold import new_set

    folder = (root or find_root()).resolve()
    advice = f"{_EDIT_NEXT} && millpond deploy {name.partition('.')[0]}"
    _tell(lambda: new_set(folder, name, views=view, owner=owner), advice, json)


def _tell(write: Callable[[], list[Path]], advice: str, json: bool) -> None:
    from millpond.define.loader import InvalidPool

    try:
        files = write()
    except InvalidPool as invalid:
        fail(invalid.errors, json, WRONG)
    if json:
        print_json({"ok": True, "files": [str(path) for path in files]})
        return
    for path in files:
        out.print(f"written  {path}", highlight=False, soft_wrap=True)
    out.print(advice, style="dim", highlight=False, soft_wrap=True)
