"""Checks that several definitions share; each raises a DefinitionError that says what and how to mend it."""

import re
from collections.abc import Iterable
from typing import Any, Final

from millpond.plan.errors import DefinitionError

_COLUMN: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def owner(value: object) -> str:
    """A team or person, as prose."""
    return text(value, "owner", 'say who answers questions about it: owner="growth"')


def text(value: object, what: str, mend: str) -> str:
    """Text that is not blank."""
    if not isinstance(value, str) or not value.strip():
        raise DefinitionError(f"{what}={value!r} is not a text", mend=mend)
    return value


def description(value: object) -> str:
    """Text, possibly empty."""
    if not isinstance(value, str):
        raise DefinitionError(f"description={value!r} is not a text", mend="write a sentence in quotes")
    return value


def version(value: object) -> int:
    """A whole number from 1."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise DefinitionError(f"version={value!r} is not a version", mend="write a whole number from 1: version=1")
    return value


def column(value: object, what: str) -> str:
    """The name of a field."""
    if not isinstance(value, str) or not _COLUMN.fullmatch(value):
        raise DefinitionError(
            f"{what} {value!r} is not the name of a field", mend='write its name in quotes: "user_id"'
        )
    return value


def path(value: object, what: str) -> str:
    """The name of a field, or the way to it through records: `header.sold_at`."""
    if not isinstance(value, str) or not all(_COLUMN.fullmatch(part) for part in value.split(".")):
        raise DefinitionError(
            f"{what} {value!r} is not the name of a field",
            mend='write its name in quotes: "user_id", or "header.user_id" where it is in a record',
        )
    return value


def listed(value: object, what: str, mend: str) -> tuple[Any, ...]:
    """A list's or tuple's members; a text is not taken for a list of letters."""
    if not isinstance(value, list | tuple):
        raise DefinitionError(f"{what}={value!r} is not a list", mend=mend)
    return tuple(value)


def first_repeated(values: Iterable[Any]) -> Any | None:
    """The first value that came before; None where all differ."""
    seen: list[Any] = []
    for value in values:
        if value in seen:
            return value
        seen.append(value)
    return None


def whole(value: object, name: str, least: int, greatest: int) -> None:
    """A whole number within bounds, or DefinitionError."""
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= greatest:
        raise DefinitionError(
            f"{name}={value!r} is not a whole number from {least} to {greatest}",
            mend=f"write {name}={least} or more, up to {greatest}",
        )
