"""Tables for people."""

from collections.abc import Iterable, Sequence


def without_empty(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[list[str]]:
    """The heads and the rows, less the columns in which no row says anything; all columns where there are no rows."""
    listed = list(rows)
    kept = [place for place in range(len(heads)) if not listed or any(row[place] for row in listed)]
    return [[row[place] for place in kept] for row in (heads, *listed)]
