"""What counts of given data: the same as a job counts, and what only files have."""

import random
from typing import Any, Final

import duckdb
import pytest

from millpond.plan.windows import DAY, HOUR, SKEW
from millpond.sql.duckdb_events import Raw, accepted, judged, not_finite
from millpond.sql.flink import LAST_INSTANT, render_job
from tests.unit.sql.in_duckdb import Sent, ran
from tests.unit.sql.jobs import SOURCE, TARGET, job, view

NOON: Final = 20_000 * DAY + 12 * HOUR
JOB: Final = render_job(job(view(sizes=(HOUR,), lifetime=False)), TARGET)


def records(seed: int) -> list[Sent]:
    """Records at the edges of every rule, some of them copies."""
    draw = random.Random(seed)
    sent = []
    for _ in range(60):
        ts = draw.choice((None, -1, 0, LAST_INSTANT, LAST_INSTANT + 1, NOON, NOON, NOON - DAY, NOON + HOUR))
        near = draw.choice((0, 1, -1, SOURCE.lateness_ms, SOURCE.lateness_ms + 1, -SKEW, -SKEW - 1))
        arrival = (NOON if ts is None else ts) + near
        made_at = None if ts is None else ts * 1000 + draw.randrange(1000)
        reason = draw.choice((None, None, None, "truncated"))
        sent.append(Sent(arrival=arrival, made_at=made_at, id=draw.choice((None, "a", "b", "c")), reason=reason))
    return sent


@pytest.mark.parametrize("seed", range(20))
def test_records_are_judged_and_copies_left_out_as_a_job_does(seed: int) -> None:
    sent = records(seed)
    with ran(JOB, sent) as done, duckdb.connect(config={"threads": 1}) as db:
        db.execute("CREATE TABLE given (id VARCHAR, made_at BIGINT, arrival BIGINT, place INTEGER, unread VARCHAR)")
        rows = [[one.id, one.made_at, one.arrival, at, one.reason] for at, one in enumerate(sent)]
        db.executemany("INSERT INTO given VALUES (?, ?, ?, ?, ?)", rows)
        raw = Raw(
            relation="given",
            values={"id": "id", "made_at": "made_at // 1000 - CASE WHEN made_at < 0 THEN 1 ELSE 0 END"},
            doubles=[],
            arrival="arrival",
            place="place",
            unread="unread",
        )
        db.execute(judged(SOURCE, raw, "records"))
        found = db.execute('SELECT "$reason" FROM records ORDER BY "$place"').fetchall()
        assert [reason for (reason,) in found] == done.reasons()
        db.execute(accepted(SOURCE, "records", "events"))
        assert db.execute("SELECT count(*) FROM events").fetchall() == [(done.events(),)]


@pytest.mark.parametrize(
    ("value", "shape", "wanted"),
    [
        ("1e0", "", False),
        ("CAST('nan' AS DOUBLE)", "", True),
        ("CAST(NULL AS DOUBLE)", "", False),
        ("{'a': CAST('-inf' AS DOUBLE)}", "a", True),
        ("{'a': {'b': 1e0}}", "a.b", False),
        ("MAP {'x': 1e0, 'y': CAST('inf' AS DOUBLE)}", "[]", True),
        ("MAP {'x': 1e0}", "[]", False),
        ("CAST(NULL AS MAP(VARCHAR, DOUBLE))", "[]", False),
        ("MAP {'x': {'a': MAP {'y': CAST('nan' AS DOUBLE)}}}", "[].a[]", True),
        ("MAP {'x': {'a': MAP {'y': 1e0}}}", "[].a[]", False),
    ],
)
def test_a_double_that_is_not_finite_is_found_wherever_it_is(value: str, shape: str, wanted: Any) -> None:
    with duckdb.connect(config={"threads": 1}) as db:
        assert db.execute(f"SELECT {not_finite('x', shape)} FROM (SELECT {value} AS x)").fetchall() == [(wanted,)]
