"""Markdown: names and texts of the pool as they are, whatever characters they hold."""

import posixpath
import re
from collections.abc import Iterable, Sequence
from pathlib import PurePath
from typing import Final

from millpond.plan.english.tables import without_empty

# What means something to Markdown; an underscore only where it does not stand within a word.
_SPECIAL: Final = re.compile(r"[\\`*\[\]<>~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_CODE: Final = re.compile(r"(?<!`)`([^`\s](?:[^`]*[^`\s])?)`(?!`)")
# What means something where a line begins.
_FIRST: Final = re.compile(r"([#+\-=]|\d+(?=[.)]))")


def prose(text: str) -> str:
    """A text that is read as it is, on one line."""
    return _begun(_escaped(" ".join(text.split())))


def authored(text: str) -> str:
    """The same of what people wrote, but for what they put between backticks, which is code."""
    parts = _CODE.split(" ".join(text.split()))
    return _begun("".join(code(part) if place % 2 else _escaped(part) for place, part in enumerate(parts)))


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\\{found[0]}", text.replace("&", "&amp;"))


def _begun(line: str) -> str:
    """A line that begins no list, heading or quotation."""
    found = _FIRST.match(line)
    if found is None:
        return line
    return f"\\{line}" if not found[1].isdigit() else f"{found[1]}\\{line[found.end() :]}"


def code(text: str) -> str:
    """A text in the face of a typewriter, on one line; an empty one as quotation marks."""
    line = " ".join(text.split()) or '""'
    fence = "`" * (max((len(run) for run in re.findall("`+", line)), default=0) + 1)
    pad = " " if len(fence) > 1 else ""
    return f"{fence}{pad}{line}{pad}{fence}"


def link(text: str, to: PurePath, page: PurePath) -> str:
    """A link from a page to another file of the project; `text` is Markdown."""
    return f"[{text}]({posixpath.relpath(to.as_posix(), page.parent.as_posix())})"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table of Markdown cells; a column in which no row says anything is left out."""
    first, *others = without_empty(heads, rows)
    return "\n".join([_row(first), _row(["---"] * len(first)), *map(_row, others)])


def block(language: str, lines: Iterable[str]) -> str:
    """Lines of code."""
    return "\n".join([f"```{language}", *lines, "```"])


def _row(cells: Iterable[str]) -> str:
    # A bar ends a cell, also within code; one backslash before it is taken away again.
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"
