"""A report as Markdown, to be read as a comment of a pull request."""

from collections.abc import Iterator

from millpond.review.report import Report
from millpond.review.sections import Section, Table


def markdown(report: Report) -> str:
    """The summary, then a heading each section; what is folded opens with a click."""
    return "\n".join([f"**{report.summary}**", *(line for section in report.sections for line in _section(section))])


def _section(section: Section) -> Iterator[str]:
    yield ""
    yield f"<details><summary>{_plain(section.title)}</summary>" if section.folded else f"### {section.title}"
    if section.lines:
        yield ""
        yield from (f"- {line}" for line in section.lines)
    if section.table:
        yield ""
        yield from _table(section.table)
    if section.folded:
        yield ""
        yield "</details>"


def _table(table: Table) -> Iterator[str]:
    words = len(table.head) - table.numbers
    yield f"| {' | '.join(table.head)} |"
    yield f"|{'---|' * words}{'---:|' * table.numbers}"
    for row in table.rows:
        yield f"| {' | '.join(map(_cell, row[:words]))} {''.join(f'| {number} ' for number in row[words:])}|"


def _cell(text: str) -> str:
    """As code: nothing of it is Markdown; a bar must be escaped even there."""
    fence = "``" if "`" in text else "`"
    room = " " if "`" in text else ""
    return f"{fence}{room}{text}{room}{fence}".replace("|", "\\|").replace("\n", " ") if text else ""


def _plain(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")
