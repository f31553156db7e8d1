"""`millpond read`: one vector on the terminal."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from millpond.cli.context import Env, Json, out, print_json, settings_of
from millpond.plan.errors import ReadError
from millpond.plan.model import Column
from millpond.plan.names import did_you_mean

if TYPE_CHECKING:
    from millpond.serve import Vector

STYLE = {"present": "green", "empty": "dim", "no_key": "dim"}


def read(
    name: Annotated[str, typer.Argument(metavar="DOMAIN.SET", help="The feature set.")],
    keys: Annotated[list[str], typer.Argument(metavar="FIELD=VALUE…", help="The request's fields.")],
    version: Annotated[int, typer.Option(help="Its version.")] = 1,
    as_of: Annotated[
        str | None, typer.Option(help="An instant, such as 2024-01-31T12:00:00Z; the present by default.")
    ] = None,
    env: Env = "dev",
    json: Json = False,
) -> None:
    """Read the vector of one request, with the status of every feature."""
    from millpond.serve import Reader

    settings = settings_of(env)
    with Reader.connect(settings.store, ns=settings.ns) as reader:
        opened = reader.open(name, version=version)
        request = _request(keys, opened.publication.plan.request)
        vector = opened.read(request, as_of=_instant(as_of), timeout_ms=2_000)
    if json:
        print_json(
            {"as_of": vector.as_of, "status": vector.status, "values": _texts(vector), "statuses": vector.status_of()}
        )
        return
    out.print(_table(name, version, vector))
    if vector.reason:
        out.print(vector.reason, style="red", markup=False)


def _request(given: list[str], columns: tuple[Column, ...]) -> dict[str, int | str]:
    types = {column.name: column.type for column in columns}
    request: dict[str, int | str] = {}
    for item in given:
        field, equals, text = item.partition("=")
        if not equals or field not in types:
            raise ReadError(f"{item!r} is not FIELD=VALUE of this set", mend=did_you_mean(field, types))
        if types[field].kind == "int":
            if not text.lstrip("-").isdecimal():
                raise ReadError(f"{field} is an int, not {text!r}", mend="write a whole number")
            request[field] = int(text)
        else:
            request[field] = text
    return request


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as cause:
        raise ReadError(f"--as-of {text!r} is not an instant: {cause}", mend="write 2024-01-31T12:00:00Z") from cause
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(moment.timestamp() * 1000)


def _texts(vector: "Vector") -> dict[str, object]:
    """Values for JSON: decimals as text, so that no cent is lost; counts of values as a list of pairs."""
    return {name: _text(value) for name, value in vector.as_dict().items()}


def _text(value: object) -> object:
    if isinstance(value, tuple):
        return [_text(one) for one in value]
    if isinstance(value, dict):
        return [[_text(one), count] for one, count in value.items()]
    return str(value) if isinstance(value, Decimal) else value


def _table(name: str, version: int, vector: "Vector") -> Table:
    moment = datetime.fromtimestamp(vector.as_of / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")
    table = Table("feature", "type", "value", "status", title=f"{name} v{version} at {moment}", title_justify="left")
    for feature, type, value, status in zip(vector.names, vector.types, vector.values, vector.statuses, strict=True):
        style = STYLE.get(status, "yellow")
        table.add_row(feature, str(type), "null" if value is None else str(value), f"[{style}]{status}[/]")
    return table
