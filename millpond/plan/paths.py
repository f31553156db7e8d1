"""Where a value is in an event: `amount`, `customer.address.country`, `attributes["channel"]`.

The text of a path is the name of a field, in expressions, hashes and SQL. Its shape leaves the keys out:
`attributes[]` is the place of every value of that map. In a set's derived expressions a path begins with `request` or
with the alias of a view, and may end at a place of a feature that is a list: `sender.last_amounts_30d[0]`.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Final

EACH: Final = "[]"  # of a shape: the values of a map


class Key(str):
    """A key of a map; a step that is a plain str is a field of a record."""

    __slots__ = ()


class Position(str):
    """A place of a list, from 0, in decimal digits; or a key of counts by whole numbers."""

    __slots__ = ()


Path = tuple[str, ...]

_STEP: Final = re.compile(r'\.(?P<field>[A-Za-z_][A-Za-z0-9_]*)|\[(?P<key>"(?:[^"\\]|\\.)*")\]|\[(?P<at>-?\d+)\]')


def parse(text: str) -> Path:
    """The steps of a path; ValueError where it is none."""
    rest = f".{text}"
    steps: list[str] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if found is None:
            raise ValueError(f"{text!r} is not a path")
        steps.append(_step(found))
        at = found.end()
    return tuple(steps)


def _step(found: re.Match[str]) -> str:
    if found["key"] is not None:
        return Key(json.loads(found["key"]))
    return Position(found["at"]) if found["at"] is not None else found["field"]


def text_of(path: Sequence[str]) -> str:
    """The text of a path: one path has one text."""
    return _joined(path, lambda key: f"[{json.dumps(key, ensure_ascii=False)}]")


def shape_of(text: str) -> str:
    """A path's text without its keys."""
    return _joined(parse(text), lambda _key: EACH)


def _joined(path: Sequence[str], key: Callable[[Key], str]) -> str:
    return "".join(_text(step, key) for step in path)[1:]


def _text(step: str, key: Callable[[Key], str]) -> str:
    if isinstance(step, Key):
        return key(step)
    return f"[{step}]" if isinstance(step, Position) else f".{step}"
