"""The requests that a preview asks: drawn from events, or given."""

from collections.abc import Mapping, Sequence
from typing import Any

from millpond.offline.events import Events
from millpond.offline.subject import Subject
from millpond.plan.errors import MillpondError
from millpond.plan.model import SourcePlan
from millpond.plan.paths import parse
from millpond.serve.request import Request
from millpond.sql.duckdb_draws import Draw
from millpond.sql.quote import double_quoted

Drawn = tuple[Request, int]
"""A request, and the time of the event it was drawn from, ms UTC."""


class Draws:
    """Requests for a subject from the events of one source, up to an instant.

    Args:
        until: ms UTC.
    """

    def __init__(self, subject: Subject, source: SourcePlan, events: Events, until: int) -> None:
        self.subject = subject
        self.events = events
        self.until = until
        # A set is also asked about events that name nobody; a view has nothing to say of nobody.
        known = subject.entity if subject.asked_by is None else ()
        self.draw = Draw(
            table=events.table(source),
            ts=double_quoted(source.event_time),
            id=None if source.event_id is None else double_quoted(source.event_id),
            fields=subject.fields,
            known=known,
        )

    def range(self, only: Mapping[str, object]) -> tuple[int, int | None, int | None]:
        """How many events have these values, and when the first and last of them were."""
        ((count, first, last),) = self._found(self._only(only).range(), only)
        return count, first, last

    def busiest(self, only: Mapping[str, object]) -> dict[str, object] | None:
        """The values of the entity's fields that most events have, of those with these values; None of no events."""
        names = self.subject.entity
        rows = self._found(self._only(only, known=names).busiest(names), only)
        return dict(zip(names, rows[0], strict=True)) if rows else None

    def last(self, only: Mapping[str, object]) -> Drawn | None:
        """The last event with these values; None where there is none."""
        rows = self._found(self._only(only).last(), only)
        return self._drawn(rows[0]) if rows else None

    def spread(self, count: int, only: Mapping[str, object]) -> list[Drawn]:
        """At most so many of the events with these values, spread evenly over them, in the order of time."""
        return [self._drawn(row) for row in self._found(self._only(only).spread(count), only)]

    def _only(self, only: Mapping[str, object], known: Sequence[str] | None = None) -> Draw:
        draw = self.draw
        for name in only:
            if name not in draw.fields:
                raise MillpondError(f"nothing is drawn by {name!r}", mend=f"use {', '.join(draw.fields)}")
        return Draw(
            table=draw.table,
            ts=draw.ts,
            id=draw.id,
            fields=draw.fields,
            known=draw.known if known is None else known,
            only=tuple(only),
        )

    def _found(self, query: str, only: Mapping[str, object]) -> list[tuple[Any, ...]]:
        given = {f"only{place}": value for place, value in enumerate(only.values())}
        rows: list[tuple[Any, ...]] = self.events.db.execute(query, {"until": self.until, **given}).fetchall()
        return rows

    def _drawn(self, row: tuple[Any, ...]) -> Drawn:
        ts, *values = row
        return request_of(dict(zip(self.draw.fields, values, strict=True))), ts


def request_of(values: Mapping[str, object]) -> Request:
    """A request from its fields by path: those of a record or of a map in a dict of their own."""
    request: dict[str, Any] = {}
    for name, value in values.items():
        *outer, last = parse(name)
        inside = request
        for step in outer:
            inside = inside.setdefault(step, {})
        inside[last] = value
    return request
