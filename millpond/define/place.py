"""Where a definition stands in a contributor's file, and which definitions a loading pool has met."""

import inspect
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from millpond.plan.errors import MillpondError


@dataclass(frozen=True)
class Place:
    """A line of a file."""

    file: Path
    line: int


def place_of_caller() -> Place:
    """The module-level statement being executed: the line a contributor looks for, even behind a helper function."""
    frame = inspect.currentframe()
    assert frame is not None, "CPython keeps frames"
    while frame.f_code.co_name != "<module>" and frame.f_back is not None:
        frame = frame.f_back
    return Place(Path(frame.f_code.co_filename), frame.f_lineno)


_collected: ContextVar[list[Any] | None] = ContextVar("collected", default=None)


@contextmanager
def collecting() -> Iterator[list[Any]]:
    """Gather every source, entity, view and set constructed inside, so that none in a list or a loop is missed."""
    found: list[Any] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


def remember(definition: object) -> None:
    """Hand a finished definition to the pool being loaded, where there is one."""
    found = _collected.get()
    if found is not None:
        found.append(definition)


@contextmanager
def located(where: str) -> Iterator[None]:
    """Put a place before every error raised inside."""
    try:
        yield
    except MillpondError as error:
        error.at(where)
        raise
