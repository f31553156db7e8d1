"""The independent vector of a request that is a sale itself: SQL by hand over what was sent.

    oracle = OwnEventOracle(records)
    oracle.vectors([Asked(partition=0, offset=12, until=1_709_000_000_000)], counts=True)
    # [Wanted(as_of=…, is_never_in=False, has_all=True, cases=[{"buyer__visits_1h": Place(v=3, says="present"), …}])]

Knows nothing of Millpond.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

Value = int | float | Decimal | list[int] | None


class Record(NamedTuple):
    """A sale as it lies in Kafka; times are ms."""

    partition: int
    offset: int
    arrival: int
    ts: int
    event_id: str
    customer: str | None
    store: int
    amount: Decimal


class Asked(NamedTuple):
    """A request.

    Attributes:
        partition, offset: of its record.
        until: what arrived later than that (ms) cannot be in its vector.
    """

    partition: int
    offset: int
    until: int


class Place(NamedTuple):
    """What one place of a vector is to be.

    Attributes:
        v: its value.
        says: its status.
        excused: what it may say instead.
        whole: its value where it says `capped`.
    """

    v: Value
    says: str
    excused: Sequence[str]
    whole: Value = None


@dataclass(frozen=True)
class Wanted:
    """What a vector is to be.

    Attributes:
        as_of: of what instant, ms.
        is_never_in: it is to count its own sale, which no job accepts.
        has_all: there are no other cases.
        cases: by place; more than one where sales came while it was answered.
    """

    as_of: int
    is_never_in: bool
    has_all: bool
    cases: list[Mapping[str, Place]]


class OwnEventOracle:
    """Answers from all that lies in a topic.

    Args:
        records: those that can be read.
    """

    def __init__(self, records: Sequence[Record]) -> None:
        self.db = duckdb.connect()
        self.db.execute(
            """
            CREATE TABLE records (
                partition INTEGER, "offset" BIGINT, arrival BIGINT, ts BIGINT,
                event_id VARCHAR, customer VARCHAR, store INTEGER, amount DECIMAL(10, 2)
            )
            """
        )
        self.db.execute(
            'CREATE TABLE asked (n INTEGER, partition INTEGER, "offset" BIGINT, until BIGINT, counts BOOLEAN)'
        )
        self._insert("records", [(*one[:-1], str(one.amount)) for one in records])
        self.db.execute(Path(__file__).with_suffix(".sql").read_text())

    def vectors(self, asked: Sequence[Asked], *, counts: bool) -> list[Wanted]:
        """What each is to be answered with.

        Args:
            counts: its own sale, or not.
        """
        self.db.execute("DELETE FROM asked")
        self._insert("asked", [(n, *one, counts) for n, one in enumerate(asked)])
        found = self.db.execute("FROM vectors()")
        names = [name for name, *_ in found.description or ()][4:]
        wanted: dict[int, Wanted] = {}
        for n, as_of, is_never_in, has_all, *places in found.fetchall():
            case = {name: Place(**place) for name, place in zip(names, places, strict=True)}
            wanted.setdefault(n, Wanted(as_of, is_never_in, has_all, [])).cases.append(case)
        assert len(wanted) == len(asked), "a request that nobody sent"
        return [wanted[n] for n in range(len(asked))]

    def _insert(self, table: str, rows: Sequence[tuple[Any, ...]]) -> None:
        if not rows:
            return
        columns = {f"c{i}": list(column) for i, column in enumerate(zip(*rows, strict=True))}
        self.db.execute(f"INSERT INTO {table} SELECT {', '.join(f'unnest(${name})' for name in columns)}", columns)
