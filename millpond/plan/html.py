"""What notebooks show: one small card of HTML that needs nothing else, and reads on light and on dark.

Texts come from events, and from whoever writes them: each is escaped where it enters, and what cannot be seen in it
(such as what turns the direction of writing) is written out. Only `Markup`, which this file makes, goes in as it is.
"""

import html
from collections.abc import Iterable, Sequence
from typing import Final, Literal

from millpond.plan.english.tables import without_empty
from millpond.plan.english.values import shown, visible
from millpond.plan.types import Type

Tone = Literal["good", "none", "care", "bad"]

# White on each of them has a contrast of 4.5 or more; so has each against white and against black of 3 or more.
_TONES: Final[dict[Tone, str]] = {"good": "#1a7f37", "none": "#6a737d", "care": "#9a6700", "bad": "#cf222e"}
_LINE: Final = "1px solid rgba(128,128,128,.35)"
_CARD: Final = f"display:inline-block;max-width:100%;overflow-x:auto;padding:8px 12px;border:{_LINE};border-radius:6px"
_FONT: Final = "font:13px/1.45 system-ui,sans-serif;color:inherit;text-align:left"
_CELL: Final = f"padding:3px 14px 3px 0;border:0;border-bottom:{_LINE};text-align:left;vertical-align:top"
_HEAD: Final = f"{_CELL};font-weight:600;opacity:.7"
_PILL: Final = "display:inline-block;padding:0 7px;border-radius:9px;color:#fff;white-space:nowrap;font-size:12px"
_CODE: Final = "font-family:ui-monospace,monospace;font-size:12px;color:inherit;background:none;padding:0"
LONGEST: Final = 300  # characters of one text; the rest is counted


class Markup(str):
    """HTML that is safe as it is."""

    __slots__ = ()


def text(given: str) -> Markup:
    """A text, escaped; `Markup` as it is."""
    if isinstance(given, Markup):
        return given
    line = " ".join(given.split())
    rest = f"… ({len(line):,} characters)" if len(line) > LONGEST else ""
    return Markup(html.escape(visible(line[:LONGEST])) + rest)


def code(given: str) -> Markup:
    """A name or a value, in the face of a typewriter."""
    return Markup(f'<code style="{_CODE}">{text(given)}</code>')


def value(given: object, type: Type) -> Markup:
    """A value; null looks unlike the text `null`."""
    return Markup('<span style="opacity:.6">null</span>') if given is None else code(shown(given, type))


def pill(word: str, tone: Tone) -> Markup:
    """A word on a colour that says whether it is good."""
    return Markup(f'<span style="{_PILL};background:{_TONES[tone]}">{text(word)}</span>')


def joined(parts: Iterable[str]) -> Markup:
    """Names one after the other."""
    return Markup(", ".join(map(text, parts)))


def card(
    title: str,
    about: str = "",
    *,
    aside: str = "",
    facts: Sequence[tuple[str, str]] = (),
    heads: Sequence[str] = (),
    rows: Iterable[Sequence[str]] = (),
) -> str:
    """A title and a line about it, facts by name, and a table; what is empty is left out, columns too.

    Args:
        aside: stands beside the title.
    """
    said = "".join(f'<div style="opacity:.8">{text(about)}</div>' if about else "")
    lines = "".join(
        f'<div><span style="opacity:.7">{text(name)}</span> {text(value)}</div>' for name, value in facts if value
    )
    return (
        f'<div style="{_CARD};{_FONT}"><div><strong>{text(title)}</strong> {text(aside)}</div>'
        f"{said}{lines}{_table(heads, rows)}</div>"
    )


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    if not heads:
        return ""
    told = without_empty(heads, rows)
    head = "".join(f'<th style="{_HEAD}">{text(one)}</th>' for one in told[0])
    body = "".join(_row(row) for row in told[1:])
    style = f"{_FONT};border-collapse:collapse;border:0;margin:6px 0 0"
    return f'<table style="{style}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _row(cells: Iterable[str]) -> str:
    return "<tr>" + "".join(f'<td style="{_CELL}">{text(cell)}</td>' for cell in cells) + "</tr>"
