"""A job's SQL, run by DuckDB: the views after the decoding, and what each insert would write.

The text is Flink's but for four spellings: quoted names, division of integers, rows unnested, and where a tile goes.
What Flink itself does with the text is for the integration tests; this tells in milliseconds what the text says.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

import duckdb

from millpond.sql.dialects import DUCKDB
from millpond.sql.job_sql import JobSql
from tests.unit.sql.jobs import SOURCE

_EVENT: Final = {column.name: DUCKDB.type_name(column.type) for column in SOURCE.columns}


@dataclass(frozen=True, kw_only=True)
class Sent:
    """A decoded record of the source in jobs.py; instants in µs but for its arrival, which is in ms."""

    arrival: int
    made_at: int | None
    id: str | None = "e1"
    value: str | None = "a1"
    shop: int | None = 7
    amount: Decimal = Decimal("1.00")
    pieces: int = 1
    distance: float | None = None
    status: str = "OK"
    seen_at: int | None = None
    first: bool = False
    reason: str | None = None


class Ran:
    """What a job made of some records."""

    def __init__(self, db: "duckdb.DuckDBPyConnection", inserts: Sequence[str]) -> None:
        self._db = db
        self._inserts = inserts

    def reasons(self) -> list[str | None]:
        """Why each record was refused, in the order they were sent; None where it was not."""
        return [reason for (reason,) in self._db.execute('SELECT "reason" FROM judged ORDER BY "offset"').fetchall()]

    def events(self) -> int:
        """How many events go to the fragments."""
        found = self._db.execute("SELECT count(*) FROM events").fetchone()
        assert found is not None
        return int(found[0])

    def tiles(self, fragment: str) -> list[tuple[Any, ...]]:
        """The rows of a fragment: key, level, tile, n, first and last ts, partials; sorted."""
        (select,) = [insert for insert in self._inserts if fragment in insert.splitlines()[0]]
        return sorted(self._db.execute(select.partition("\n")[2]).fetchall(), key=repr)


@contextmanager
def ran(job: JobSql, sent: Sequence[Sent]) -> Iterator[Ran]:
    """The job over records that arrived in this order."""
    with duckdb.connect(config={"threads": 1}) as db:
        event = ", ".join(f'"{name}" {type}' for name, type in _EVENT.items())
        db.execute(
            f"""
            CREATE TABLE decoded (
                "key" BLOB, "value" BLOB, "partition" INTEGER, "offset" BIGINT, "headers" VARCHAR, "now" BIGINT,
                "arrival" BIGINT, "record" STRUCT("reason" VARCHAR, "detail" VARCHAR, "event" STRUCT({event}))
            )
            """
        )
        row = ", ".join(f'"{name}": CAST(? AS {type})' for name, type in _EVENT.items())
        for at, one in enumerate(sent):
            db.execute(
                "INSERT INTO decoded VALUES (NULL, NULL, 0, ?, NULL, ?, ?, "
                f"{{'reason': CAST(? AS VARCHAR), 'detail': NULL, 'event': {{{row}}}}})",
                [at, at, one.arrival, one.reason, *(getattr(one, name) for name in _EVENT)],
            )
        for view in ("judged", "accepted", "events"):
            (statement,) = [text for text in job.statements if text.startswith(f"CREATE TEMPORARY VIEW `{view}`")]
            db.execute(_spelt(statement))
        yield Ran(db, [_spelt(insert) for insert in job.inserts])


def _spelt(text: str) -> str:
    """In DuckDB's spelling."""
    for flink, duck in (
        ("`", '"'),
        (" / ", " // "),
        ("CROSS JOIN UNNEST(ARRAY[ROW(", "CROSS JOIN LATERAL (VALUES ("),
        (", ROW(", ", ("),
        (")]) AS", ")) AS"),
    ):
        text = text.replace(flink, duck)
    return text
