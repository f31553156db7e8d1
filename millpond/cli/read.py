"""`millpond read`: one vector on the terminal."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from rich.table import Table

from millpond.cli.context import Env, Json, out, print_json, settings_of
from millpond.plan.clock import ms_of
from millpond.plan.errors import ReadError
from millpond.plan.model import Column
from millpond.plan.names import did_you_mean
from millpond.plan.paths import parse
from millpond.plan.types import Kind, Type

if TYPE_CHECKING:
    from millpond.serve import Vector

Value = bool | int | float | str | Decimal

STYLE = {"present": "green", "empty": "dim", "no_key": "dim"}


def read(
    name: Annotated[str, typer.Argument(metavar="DOMAIN.SET", help="The feature set.")],
    keys: Annotated[
        list[str], typer.Argument(metavar="FIELD=VALUE…", help="The request's fields; FIELD alone is null.")
    ],
    version: Annotated[int, typer.Option(help="Its version.")] = 1,
    as_of: Annotated[
        str | None, typer.Option(help="An instant, such as 2024-01-31T12:00:00Z; the present by default.")
    ] = None,
    receipt: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write where its numbers came from, for `millpond explain`.")
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
        vector = opened.read(request, as_of=instant_of(as_of, "--as-of"), timeout_ms=2_000, receipt=receipt is not None)
    if receipt is not None and vector.receipt is not None:
        receipt.write_bytes(vector.receipt.encode() + b"\n")
    if json:
        print_json(
            {"as_of": vector.as_of, "status": vector.status, "values": _texts(vector), "statuses": vector.status_of()}
        )
        return
    out.print(_table(name, version, vector))
    if vector.reason:
        out.print(vector.reason, style="red", markup=False)


def _request(given: list[str], columns: tuple[Column, ...]) -> dict[str, Any]:
    """The request that FIELD=VALUE… say; a field of a record is in a dict of its own."""
    types = {column.name: column.type for column in columns}
    request: dict[str, Any] = {}
    for item in given:
        field, equals, text = item.partition("=")
        if field not in types:
            raise ReadError(f"{item!r} is not FIELD=VALUE of this set", mend=did_you_mean(field, types))
        *records, last = parse(field)
        inside = request
        for record in records:
            inside = inside.setdefault(record, {})
        inside[last] = value_of(field, text, types[field]) if equals else None
    return request


def value_of(field: str, text: str, type: Type) -> Value:
    """A field of a request as it is written on the command line.

    Raises:
        ReadError: it is not of its type.
    """
    try:
        return _READ[type.kind](text)
    except (ValueError, ArithmeticError) as cause:
        raise ReadError(f"{field} is {type}, not {text!r}", mend=f"write {_SPELLED[type.kind]}") from cause


def _boolean(text: str) -> bool:
    if text not in ("true", "false"):
        raise ValueError(text)
    return text == "true"


def _timestamp(text: str) -> int:
    return int(text) if text.lstrip("-").isdecimal() else _milliseconds(text)


_READ: Final[dict[Kind, Callable[[str], Value]]] = {
    "int": int,
    "decimal": Decimal,
    "double": float,
    "string": str,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
_SPELLED: Final[dict[Kind, str]] = {
    "int": "a whole number",
    "decimal": "a number, such as 10.00",
    "double": "a number, such as 0.5",
    "string": "a text",
    "boolean": "true or false",
    "timestamp": "2024-01-31T12:00:00Z, or milliseconds UTC",
}


def instant_of(text: str | None, option: str) -> int | None:
    """The instant that an option says, ms UTC.

    Raises:
        ReadError: it says none.
    """
    if text is None:
        return None
    try:
        return _milliseconds(text)
    except ValueError as cause:
        raise ReadError(f"{option} {text!r} is not an instant: {cause}", mend="write 2024-01-31T12:00:00Z") from cause


def _milliseconds(text: str) -> int:
    moment = datetime.fromisoformat(text)
    return ms_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _texts(vector: "Vector") -> dict[str, object]:
    """Values for JSON: decimals as text, so that no cent is lost; counts of values as a list of pairs."""
    return {name: json_value(value) for name, value in vector.as_dict().items()}


def json_value(value: object) -> object:
    """A value for JSON."""
    if isinstance(value, tuple):
        return [json_value(one) for one in value]
    if isinstance(value, dict):
        return [[json_value(one), count] for one, count in value.items()]
    return str(value) if isinstance(value, Decimal) else value


def _table(name: str, version: int, vector: "Vector") -> Table:
    moment = datetime.fromtimestamp(vector.as_of / 1000, UTC).isoformat(sep=" ", timespec="milliseconds")
    table = Table("feature", "type", "value", "status", title=f"{name} v{version} at {moment}", title_justify="left")
    for feature, type, value, status in zip(vector.names, vector.types, vector.values, vector.statuses, strict=True):
        style = STYLE.get(status, "yellow")
        table.add_row(feature, str(type), "null" if value is None else str(value), f"[{style}]{status}[/]")
    return table
