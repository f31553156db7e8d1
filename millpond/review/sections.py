"""What a report is made of: sections of lines and tables of texts, before anybody shows them."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Table:
    """Rows of texts under a head.

    Attributes:
        numbers: how many of the last columns are numbers.
    """

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 0


@dataclass(frozen=True, kw_only=True)
class Section:
    """A part of the report.

    Attributes:
        lines: said before the table.
        folded: only looked at by whom it concerns.
    """

    title: str
    lines: tuple[str, ...] = ()
    table: Table | None = None
    folded: bool = False
