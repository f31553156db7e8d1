"""Faults of what Flink is told: the SQL of a view, and what the jobs make of events."""

from typing import Final

from tests.mutants.mutant import Mutant

SUMS: Final = ("tests/unit/sql/test_partials.py",)
MEANING: Final = ("tests/unit/sql/test_meaning.py",)
ROWS: Final = ("tests/unit/serve/test_rows.py",)

FLINK_FAULTS: Final = (
    Mutant(
        name="copies count",
        file="millpond/sql/flink.py",
        old="WHERE {COPY} = 1",
        new="WHERE {COPY} >= 1",
        tests=MEANING,
    ),
    Mutant(
        name="of copies the last one counts",
        file="millpond/sql/flink.py",
        old="ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW",
        new="ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING",
        tests=MEANING,
    ),
    Mutant(
        name="events of one id are copies at any time",
        file="millpond/sql/flink.py",
        old='identity = f"{backticked(source.event_id)}, {backticked(source.event_time)}"',
        new='identity = f"{backticked(source.event_id)}"',
        tests=MEANING,
    ),
    Mutant(
        name="an event may be a millisecond less late",
        file="millpond/sql/flink.py",
        old="`arrival` - `event_time` > {source.lateness_ms}",
        new="`arrival` - `event_time` >= {source.lateness_ms}",
        tests=MEANING,
    ),
    Mutant(
        name="events of the future are accepted",
        file="millpond/sql/flink.py",
        old="""        (f"`event_time` - `arrival` > {source.skew_ms}", "'future'"),\n""",
        new="",
        tests=MEANING,
    ),
    Mutant(
        name="an event without id is accepted",
        file="millpond/sql/flink.py",
        old="if source.event_id is not None:\n        rules.insert(2,",
        new="if source.event_id is None:\n        rules.insert(2,",
        tests=MEANING,
    ),
    Mutant(
        name="a null key is an entity",
        file="millpond/sql/flink.py",
        old='f"{expr} IS NOT NULL" for expr in exprs',
        new='f"({expr} IS NOT NULL OR TRUE)" for expr in exprs',
        tests=MEANING,
    ),
    Mutant(
        name="of a key only one column may not be null",
        file="millpond/sql/flink.py",
        old='" AND ".join(f"{expr} IS NOT NULL"',
        new='" OR ".join(f"{expr} IS NOT NULL"',
        tests=MEANING,
    ),
    Mutant(
        name="the first millisecond of a tile is in the one before",
        file="millpond/sql/flink.py",
        old="{ts} / {size_ms})",
        new="({ts} - 1) / {size_ms})",
        tests=MEANING,
    ),
    Mutant(
        name="microseconds before 1970 are truncated",
        file="millpond/sql/flink.py",
        old="THEN ({field} + 1) / 1000 - 1 ELSE",
        new="THEN {field} / 1000 ELSE",
        tests=MEANING,
    ),
    Mutant(
        name="a backfill makes the first tile of its job, too",
        file="millpond/sql/flink.py",
        old='own=f"`event_time` < {job.start_ts}"',
        new='own=f"`event_time` <= {job.start_ts}"',
        tests=MEANING,
    ),
    Mutant(
        name="nulls are counted",
        file="millpond/sql/partials.py",
        old='return f"COUNT({column})"',
        new='return "COUNT(*)"',
        tests=MEANING,
    ),
    Mutant(
        name="the condition of a partial is left out",
        file="millpond/sql/partials.py",
        old="if partial.where is None:\n        return value",
        new="if True:\n        return value",
        tests=MEANING,
    ),
    Mutant(
        name="integers are summed as integers, which wrap",
        file="millpond/sql/partials.py",
        old="return FLINK.cast(value, partial.value.type.as_decimal)",
        new="return value",
        tests=SUMS,
    ),
)
