"""What is held after a stretch of data, counted in Parquet files: a file a topic, as `millpond simulate` writes them.

Events are accepted and copies dropped as a job does, keys and conditions are those of the Plan; so tiles, marks and
tallies are those the job would make. Of marks the mean length of a tile's counts, not that of those it keeps.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import duckdb
import numpy as np

from millpond.plan.errors import DefinitionError
from millpond.plan.model import OUTAGE, SourcePlan, ViewPlan
from millpond.plan.types import Type
from millpond.review import counted_sql as sql
from millpond.review.counted_sql import ARRIVAL
from millpond.review.held import Hashes, HeldEvents, HeldView, Marks, OpenTiles, Part
from millpond.review.marks import marked
from millpond.sql.flink import MINI_BATCH_MS
from millpond.sql.quote import double_quoted
from millpond.store.parts import Part as StorePart
from millpond.store.parts import parts_of
from millpond.store.records import RecordLayout


class Data:
    """The events of a folder, or of one file, as jobs would accept them; each source is read once.

    Args:
        path: a folder with a `<topic>.parquet` for each source, or the file of the only one.
        views: all that will be asked for: what they read of an event is read.
    """

    def __init__(self, path: Path, views: Iterable[ViewPlan]) -> None:
        self._path = path
        self._fields: dict[SourcePlan, dict[str, Type]] = {}
        for view in views:
            self._fields.setdefault(view.source, {}).update(sql.fields_read(view))
        self._db = duckdb.connect(config={"threads": 2})
        self._loaded: dict[SourcePlan, str] = {}

    @classmethod
    @contextmanager
    def open(cls, path: Path, views: Iterable[ViewPlan]) -> Iterator[Self]:
        """Data to be counted, and closed."""
        data = cls(path, views)
        try:
            yield data
        finally:
            data._db.close()

    def held_view(self, view: ViewPlan, *, history: bool) -> HeldView:
        """A view after these events.

        Args:
            history: just after all were read at once; else at the last of them, had they been read as they came.

        Raises:
            DefinitionError: there is no file for its source, or it lacks a field.
        """
        events = self._events(view.source)
        self._db.execute(f"CREATE OR REPLACE TEMP TABLE keyed AS {sql.keyed(view, events)}")
        parts = [(kind, part) for kind in view.kinds for part in parts_of(view, kind)]
        lengths = [f"coalesce(avg(strlen(text_{i})), 0)" for i in range(len(sql.key_texts(view)))]
        batches, *text_bytes = self._row(
            ", ".join([f"count(DISTINCT (key, {ARRIVAL} // {MINI_BATCH_MS}))", *lengths]), "keyed"
        )
        (seen,) = self._row("count(*)", events)
        return HeldView(
            parts={
                part.name: self._part(view, part, None if history else view.state_ttl_ms(kind)) for kind, part in parts
            },
            text_bytes=tuple(text_bytes),
            coalesced=len(parts) * batches / max(seen, 1),
        )

    def held_events(self, source: SourcePlan, *, history: bool) -> HeldEvents:
        """The events that a job over a source remembers after these.

        Raises:
            DefinitionError: there is no file for it, or it lacks a field.
        """
        if source.event_id is None:
            return HeldEvents(count=0, id_bytes=0)
        events = self._events(source)
        ttl_ms = source.lateness_ms + source.skew_ms + OUTAGE
        recent = "true" if history else f"{ARRIVAL} > {self._now(source)} - {ttl_ms}"
        is_text = self._fields[source][source.event_id].kind == "string"
        length = f"avg(strlen({double_quoted(source.event_id)}))" if is_text else "0"
        count, id_bytes = self._row(f"count(*), coalesce({length}, 0)", events, recent)
        return HeldEvents(count=count, id_bytes=id_bytes)

    def _part(self, view: ViewPlan, part: StorePart, open_ms: int | None) -> Part:
        """A part; `open_ms` is how long Flink keeps an idle tile, None where it has had no time to forget any."""
        self._db.execute(f"CREATE OR REPLACE TEMP TABLE tiles AS {sql.tiles(view, part)}")
        kept, now = marked(view.partials), self._now(view.source)
        columns = [f"coalesce(avg({what}_{i}), 0)" for i in range(len(kept)) for what in ("number", "size")]
        still_open = "true" if open_ms is None else f"touched > {now} - {open_ms}"
        count, *means = self._row(", ".join(["count(*)", *columns]), "tiles", still_open)
        marks = zip(kept, means[::2], means[1::2], strict=True)
        return Part(
            hashes=self._hashes(
                now,
                None if open_ms is None else part.ttl_ms,
                part.slots if RecordLayout.of(view).is_strip else None,
                keeps_events=view.kept_events is not None,
            ),
            tiles=OpenTiles(
                count=count, marks={partial.name: Marks(number=number, size=size) for partial, number, size in marks}
            ),
        )

    def _hashes(self, now: int, ttl_ms: int | None, spanned: int | None, *, keeps_events: bool) -> Hashes:
        found = self._db.execute(sql.hashes(now, ttl_ms, spanned)).fetchnumpy()
        count, entries, record, beside, length = (np.asarray(column, np.float64) for column in found.values())
        return Hashes(
            count=count,
            entries=entries,
            record=record,
            events=beside if keeps_events else None,
            key_bytes=float((count @ length) / max(count.sum(), 1.0)),
        )

    def _events(self, source: SourcePlan) -> str:
        """The table of a source's events."""
        if source not in self._loaded:
            name, file = f"events_{len(self._loaded)}", self._file(source)
            try:
                self._db.execute(f"CREATE TEMP TABLE {name} AS {sql.accepted(source, self._fields[source], file)}")
            except (duckdb.BinderException, duckdb.ConversionException, duckdb.InvalidInputException) as cause:
                raise DefinitionError(
                    str(cause).splitlines()[0],
                    where=str(file),
                    mend=f"give it the fields of {source.topic} as columns, and `{ARRIVAL}`: when each event came in",
                ) from cause
            self._loaded[source] = name
        return self._loaded[source]

    def _file(self, source: SourcePlan) -> Path:
        file = self._path / f"{source.topic}.parquet" if self._path.is_dir() else self._path
        if not file.is_file():
            raise DefinitionError(
                f"there is no file of the source {source.name!r}",
                where=str(file),
                mend="name a folder that holds <topic>.parquet of every source, such as `millpond simulate` writes",
            )
        return file

    def _now(self, source: SourcePlan) -> int:
        """The time of the last event, ms: late ones still come when it is over."""
        (last,) = self._row(f"coalesce(max({double_quoted(source.event_time)}), 0)", self._events(source))
        return int(last)

    def _row(self, columns: str, table: str, where: str = "true") -> tuple[Any, ...]:
        found = self._db.execute(f"SELECT {columns} FROM {table} WHERE {where}").fetchone()
        assert found is not None, "an aggregate gives a row"
        return found
