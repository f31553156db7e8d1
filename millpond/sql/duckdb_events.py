"""What counts of given data, as DuckDB SQL: each record judged by the rules of a job, and the first copy of each event.

    raw -> judged -+-> refused, counted by reason
                   +-> events: one column a path, and one row an event

The columns of ours begin with `$`, which no field of an event does.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from millpond.plan.model import SourcePlan
from millpond.plan.paths import EACH
from millpond.sql.flink import LAST_INSTANT
from millpond.sql.quote import double_quoted

ARRIVAL: Final = double_quoted("$arrival")
PLACE: Final = double_quoted("$place")
REASON: Final = double_quoted("$reason")
UNREAD: Final = double_quoted("$unread")


class Raw(msgspec.Struct, frozen=True, kw_only=True):
    """Records as they are given.

    Args:
        relation: what to select from.
        values: by path its value, converted to its type; instants in ms UTC.
        doubles: every double that is given, also such as nobody reads: an expression and the shape below it.
        arrival: when a record came in, ms UTC; None where that is not known, which is taken for its own time.
        place: what orders records that came in together.
        unread: why a record could not be read; None where all could.
    """

    relation: str
    values: Mapping[str, str]
    doubles: Sequence[tuple[str, str]]
    arrival: str | None
    place: str
    unread: str | None = None


def judged(source: SourcePlan, raw: Raw, table: str) -> str:
    """The statement that makes the table of judged records: `$reason` says why one is refused."""
    columns = [f"{value} AS {double_quoted(path)}" for path, value in raw.values.items()]
    odd = " OR ".join(not_finite(value, shape) for value, shape in raw.doubles)
    given = [
        *columns,
        f"{raw.arrival or raw.values[source.event_time]} AS {ARRIVAL}",
        f"{raw.place} AS {PLACE}",
        f"{_unread(raw.unread, odd)} AS {UNREAD}",
    ]
    cases = "\n".join(f"  WHEN {condition} THEN {reason}" for condition, reason in _rules(source))
    return (
        f"CREATE TEMP TABLE {table} AS\nSELECT *, CASE\n{cases}\nEND AS {REASON}\n"
        f"FROM (SELECT {', '.join(given)} FROM {raw.relation})"
    )


def _unread(unread: str | None, odd: str) -> str:
    told = f"CASE WHEN {odd} THEN 'non_finite' END" if odd else "CAST(NULL AS VARCHAR)"
    return told if unread is None else f"COALESCE({unread}, {told})"


def not_finite(value: str, shape: str) -> str:
    """Whether any double of a shape below a value is NaN or infinite; false where there is none."""
    inside, each, rest = shape.partition(EACH)
    for field in filter(None, inside.split(".")):
        value = f"{value}.{double_quoted(field)}"
    if not each:
        return f"COALESCE(NOT isfinite({value}), FALSE)"
    # Each depth has a name of its own: an inner one must not hide an outer one.
    name = f"x{rest.count(EACH)}"
    return f"COALESCE(len(list_filter(map_values({value}), lambda {name}: {not_finite(name, rest)})) > 0, FALSE)"


def _rules(source: SourcePlan) -> list[tuple[str, str]]:
    """Condition and reason of every refusal, in the order of a job (see sql/flink.py); the first that holds is told."""
    ts = double_quoted(source.event_time)
    rules = [
        (f"{UNREAD} IS NOT NULL", UNREAD),
        (f"{ts} IS NULL", "'null_event_time'"),
        (f"{ts} < 0 OR {ts} > {LAST_INSTANT}", "'event_time_out_of_range'"),
        (f"{ARRIVAL} - {ts} > {source.lateness_ms}", "'late'"),
        (f"{ts} - {ARRIVAL} > {source.skew_ms}", "'future'"),
    ]
    if source.event_id is not None:
        rules.insert(2, (f"{double_quoted(source.event_id)} IS NULL", "'null_event_id'"))
    return rules


def accepted(source: SourcePlan, judged_table: str, table: str) -> str:
    """The statement that makes the table of events: what is not refused, of copies the one that came in first."""
    ours = f"{ARRIVAL}, {PLACE}, {UNREAD}, {REASON}"
    first = f"CREATE TEMP TABLE {table} AS\nSELECT * EXCLUDE ({ours}) FROM {judged_table}\nWHERE {REASON} IS NULL"
    if source.event_id is None:
        return first
    identity = f"{double_quoted(source.event_id)}, {double_quoted(source.event_time)}"
    return f"{first}\nQUALIFY row_number() OVER (PARTITION BY {identity} ORDER BY {ARRIVAL}, {PLACE}) = 1"


def refusals(judged_table: str) -> str:
    """The query of (reason, records), most first; a reason is null for what is accepted."""
    return f"SELECT {REASON}, count(*) FROM {judged_table} GROUP BY ALL ORDER BY 2 DESC, 1"
