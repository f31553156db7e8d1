"""Where a value is in an event: `amount`, `customer.address.country`, `attributes["channel"]`.

The text of a path is the name of a field, in expressions, hashes and SQL. Its shape leaves the keys out:
`attributes[]` is the place of every value of that map.
"""

import json
import re
from collections.abc import Callable, Sequence
from typing import Final

EACH: Final = "[]"  # of a shape: the values of a map


class Key(str):
    """A key of a map; a step that is a plain str is a field of a record."""

    __slots__ = ()


Path = tuple[str, ...]

_STEP: Final = re.compile(r'\.(?P<field>[A-Za-z_][A-Za-z0-9_]*)|\[(?P<key>"(?:[^"\\]|\\.)*")\]')


def parse(text: str) -> Path:
    """The steps of a path; ValueError where it is none."""
    rest = f".{text}"
    steps: list[str] = []
    at = 0
    while at < len(rest):
        found = _STEP.match(rest, at)
        if found is None:
            raise ValueError(f"{text!r} is not a path")
        steps.append(Key(json.loads(found["key"])) if found["field"] is None else found["field"])
        at = found.end()
    return tuple(steps)


def text_of(path: Sequence[str]) -> str:
    """The text of a path: one path has one text."""
    return _joined(path, lambda key: f"[{json.dumps(key, ensure_ascii=False)}]")


def shape_of(text: str) -> str:
    """A path's text without its keys."""
    return _joined(parse(text), lambda _key: EACH)


def _joined(path: Sequence[str], key: Callable[[Key], str]) -> str:
    return "".join(key(step) if isinstance(step, Key) else f".{step}" for step in path)[1:]
