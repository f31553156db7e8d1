"""What a vector of an event itself holds, with the event or without it: SQL by hand; knows nothing of Millpond."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final, NamedTuple

import duckdb
import pyarrow as pa

KEYS: Final = {"household": "household", "pair": "household, store"}

# Windows reach from (ts - length, ts]; of two events of a household in one millisecond nobody knows which is the later.
SQL: Final = """
    WITH once AS (SELECT DISTINCT id, household, store, ts, cents FROM events)
    SELECT id, count(*) OVER here, sum(cents) OVER here, max(cents) OVER here
    FROM once
    WINDOW here AS (PARTITION BY {keys} ORDER BY ts RANGE BETWEEN {before} PRECEDING AND CURRENT ROW {own})
"""


class Event(NamedTuple):
    """An event, as often as it was sent."""

    id: str
    household: int
    store: int
    ts: int
    cents: int


class Held(NamedTuple):
    """What a window holds."""

    lines: int
    spend: Decimal
    dearest: Decimal | None


def held(
    events: Iterable[Event], windows: Mapping[str, int], *, includes: bool
) -> dict[str, dict[tuple[str, str], Held]]:
    """Event id -> (keys, window) -> what the vector of the event holds.

    Args:
        windows: their lengths in ms.
        includes: the event itself counts.
    """
    columns = zip(*events, strict=True)
    found: dict[str, dict[tuple[str, str], Held]] = {}
    with duckdb.connect() as db:
        db.register("events", pa.table(dict(zip(Event._fields, map(list, columns), strict=True))))
        for key, keys in KEYS.items():
            for window, length in windows.items():
                sql = SQL.format(keys=keys, before=length - 1, own="" if includes else "EXCLUDE CURRENT ROW")
                for event, lines, cents, dearest in db.execute(sql).fetchall():
                    found.setdefault(event, {})[key, window] = Held(
                        lines, _money(cents or 0), None if dearest is None else _money(dearest)
                    )
    return found


def _money(cents: int) -> Decimal:
    return Decimal(int(cents)).scaleb(-2)
