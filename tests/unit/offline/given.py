"""Events of a source as an Arrow table in DuckDB, as a Parquet file would hold them."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa

from millpond.offline.events import Events, stored_type
from millpond.plan.model import SourcePlan
from millpond.sql.duckdb_events import Raw
from millpond.sql.quote import double_quoted

GIVEN = "given"


def table(source: SourcePlan, rows: Sequence[Mapping[str, Any]]) -> pa.Table:
    """Rows by path as a table of every flat column that any of them has."""
    names = {name for row in rows for name in row}
    columns = [column for column in source.columns if column.name in names or not rows]
    made = {c.name: pa.array([row.get(c.name) for row in rows], stored_type(c.type)) for c in columns}
    if "arrival" in names:
        made["arrival"] = pa.array([row["arrival"] for row in rows], pa.int64())
    return pa.table(made)


def events(source: SourcePlan, rows: Sequence[Mapping[str, Any]]) -> Events:
    """The events that count among some rows, which came in in this order."""
    made = Events()
    given = table(source, rows)
    made.db.register(GIVEN, given.append_column("place", pa.array(range(len(rows)), pa.int64())))
    names = [name for name in given.column_names if name != "arrival"]
    raw = Raw(
        relation=GIVEN,
        values={name: double_quoted(name) for name in names},
        doubles=[(double_quoted(c.name), "") for c in source.columns if c.type.kind == "double" and c.name in names],
        arrival="arrival" if "arrival" in given.column_names else None,
        place="place",
    )
    made.take(source, raw)
    return made
