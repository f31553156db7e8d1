"""Events in DuckDB: of given data, what a job would count, and how much of it was refused and why."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import duckdb
import numpy as np
import pyarrow as pa
from duckdb.func import PythonUDFType

from millpond.algebra.buckets import buckets
from millpond.offline.columns import doubles_of, instant_of, never_null, value_of
from millpond.plan.errors import MillpondError
from millpond.plan.model import SourcePlan
from millpond.plan.types import Kind, Type
from millpond.sql.duckdb_events import Raw, accepted, judged, refusals
from millpond.sql.duckdb_partials import BUCKET
from millpond.sql.quote import double_quoted, duckdb_text

ARRIVAL: Final = "arrival"


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """What was read of a source.

    Attributes:
        source: by name.
        records: how many there were.
        events: how many of them count.
        copies: how many were copies of one that counts.
        refused: by reason, most first.
        has_arrivals: the data says when each record came in; else each is taken to have come in at its time.
        first, last: event times of the events that count, ms UTC; None where there is none.
    """

    source: str
    records: int
    events: int
    copies: int
    refused: Mapping[str, int]
    has_arrivals: bool
    first: int | None
    last: int | None


class Events:
    """The events of some sources.

    Attributes:
        db: where they are, in one table a source.
        loaded: by the source's name.
    """

    def __init__(self) -> None:
        self.db = duckdb.connect()
        self.db.create_function(BUCKET, _buckets, ["DOUBLE"], "DOUBLE", type=PythonUDFType.ARROW)
        self.loaded: dict[str, Loaded] = {}

    def table(self, source: SourcePlan) -> str:
        """The table of a source's events: a column a path that was asked for, quoted.

        Raises:
            MillpondError: none of it was read.
        """
        if source.name not in self.loaded:
            raise MillpondError(f"nothing was read of the source {source.name!r}", mend="give its data, too")
        return double_quoted(f"events of {source.name}")

    def read(self, source: SourcePlan, paths: Iterable[str], file: Path) -> Loaded:
        """Take in a source's events from a Parquet file.

        Args:
            paths: the fields that are wanted, beside event time and id.
            file: a column a field; where there is a column `arrival`, it says when each record came in.

        Raises:
            MillpondError: the file cannot be read, lacks a column, or has one of another type.
        """
        relation = f"read_parquet({duckdb_text(str(file))}, file_row_number = true)"
        try:
            found = self.db.sql(f"FROM {relation}")
        except duckdb.Error as cause:
            mend = "name a Parquet file, such as `millpond simulate` writes"
            raise MillpondError(f"it cannot be read: {cause}", where=str(file), mend=mend) from cause
        columns = dict(zip(found.columns, found.types, strict=True))
        try:
            raw = _raw(source, paths, relation, columns)
        except MillpondError as error:
            error.at(str(file))
            raise
        loaded = self.take(source, raw)
        self._check_nulls(source, raw, file)
        return loaded

    def take(self, source: SourcePlan, raw: Raw) -> Loaded:
        """Take in a source's events from records of any kind."""
        table, given = double_quoted(f"events of {source.name}"), double_quoted(f"records of {source.name}")
        self.db.execute(judged(source, raw, given))
        refused = dict(self.db.execute(refusals(given)).fetchall())
        unrefused = refused.pop(None, 0)
        self.db.execute(accepted(source, given, table))
        self.db.execute(f"DROP TABLE {given}")
        ts = double_quoted(source.event_time)
        events, first, last = self.one(f"SELECT count(*), min({ts}), max({ts}) FROM {table}")
        loaded = Loaded(
            source=source.name,
            records=unrefused + sum(refused.values()),
            events=events,
            copies=unrefused - events,
            refused=refused,
            has_arrivals=raw.arrival is not None,
            first=first,
            last=last,
        )
        self.loaded[source.name] = loaded
        return loaded

    def _check_nulls(self, source: SourcePlan, raw: Raw, file: Path) -> None:
        """Nulls that no producer could have sent."""
        names = never_null(source, raw.values)
        counts = ", ".join(f"count(*) - count({double_quoted(name)})" for name in names)
        for name, nulls in zip(names, self.one(f"SELECT {counts} FROM {self.table(source)}"), strict=True):
            if nulls:
                raise MillpondError(
                    f"it is null in {nulls:,} events, and the schema says that it never is",
                    where=f"{file}: {name}",
                    mend='leave them out, or write ["null", …] in the schema if it may be missing',
                )

    def one(self, query: str) -> tuple[Any, ...]:
        """The one row of a query."""
        (row,) = self.db.execute(query).fetchall()
        found: tuple[Any, ...] = row
        return found

    def close(self) -> None:
        """Let go of all of it."""
        self.db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


def stored_type(type: Type) -> pa.DataType:
    """What holds a field's values; an instant is its milliseconds."""
    if type.kind == "decimal":
        return pa.decimal128(type.precision, type.scale)
    return _ARROW[type.kind]


_ARROW: Final[Mapping[Kind, pa.DataType]] = {
    "int": pa.int64(),
    "timestamp": pa.int64(),
    "double": pa.float64(),
    "string": pa.string(),
    "boolean": pa.bool_(),
}


def _raw(source: SourcePlan, paths: Iterable[str], relation: str, columns: Mapping[str, Any]) -> Raw:
    wanted = [source.event_time, *([] if source.event_id is None else [source.event_id]), *paths]
    return Raw(
        relation=relation,
        values={path: value_of(source, columns, path) for path in dict.fromkeys(wanted)},
        doubles=doubles_of(source, columns),
        arrival=instant_of(columns, ARRIVAL) if ARRIVAL in columns else None,
        place="file_row_number",
    )


def _buckets(values: pa.ChunkedArray) -> pa.Array:
    return pa.array(buckets(np.asarray(values, np.float64)))
