"""Jobs as Flink SQL: reviewed as text, and what holds for every one of them.

`UPDATE_SNAPSHOTS=1 make unit` writes tests/snapshots/ anew; read the difference before you commit it.
"""

import os
import re
from pathlib import Path

import msgspec
import pytest

from millpond.plan.aggregations import partials_of
from millpond.plan.deployment import JobRecord
from millpond.plan.errors import PlanError
from millpond.plan.model import Column
from millpond.plan.partials import Partial, power_limb
from millpond.plan.types import INT, STRING
from millpond.plan.windows import HOUR
from millpond.sql.flink import render_backfill, render_job
from millpond.sql.job_sql import JobSql
from tests.integration.orders import pool
from tests.unit.sql.jobs import FAILED, FIELDS, PARTIALS, SOURCE, TARGET, job, view

SNAPSHOTS = Path(__file__).parents[2] / "snapshots"
NO_ID = msgspec.structs.replace(SOURCE, event_id=None, event_time="seen_at", micros=("made_at",))
PAIR = (Column("account", STRING), Column("shop", INT))


def test_a_job_with_every_kind_of_fragment() -> None:
    assert_snapshot(
        "job_with_every_kind_of_fragment",
        job(view(), view("pair", keys=PAIR, by=("value", "shop"), sizes=(HOUR,), lifetime=False)),
    )


def middle() -> JobRecord:
    """A job that starts in the middle of its topic, with a backfill of what is before."""
    one = view(sizes=(HOUR,), lifetime=False)
    return job(one, start_ts=1_700_000_000_000, offsets=(41, 7), bound=(50, 7))


def test_a_job_that_starts_in_the_middle_of_its_topic() -> None:
    assert_snapshot("job_from_the_middle", middle())


def test_the_backfill_of_what_is_before_it() -> None:
    record = middle()
    assert record.backfill is not None
    assert_script("backfill", render_backfill(record, record.backfill, TARGET))


def test_a_job_over_a_source_without_event_ids() -> None:
    one = view(sizes=(HOUR,), lifetime=False, source=NO_ID)
    assert_snapshot("job_without_event_ids", job(one, source=NO_ID))


def test_a_job_with_marks_and_powers() -> None:
    marked = Partial(
        name="place_greatest",
        function="greatest",
        value=None,
        where=FAILED,
        type=STRING,
        order=(FIELDS["made_at"], FIELDS["id"]),
        fields=(FIELDS["status"], FIELDS["amount"]),
    )
    squares = partials_of(tuple(power_limb(FIELDS["pieces"], 2, limb) for limb in range(2)), "pieces", None)
    assert_snapshot(
        "job_with_marks_and_powers",
        job(view(sizes=(HOUR,), lifetime=False, partials=(*PARTIALS[:1], marked, *squares))),
    )


def test_a_job_over_records_and_maps(tmp_path: Path) -> None:
    made = pool(tmp_path)
    assert_snapshot("job_over_records_and_maps", job(made.view("orders.together"), source=made.views[0].source))


def test_every_fragment_keeps_its_state_as_long_as_its_plan_says() -> None:
    one = view()
    rendered = render_job(job(one), TARGET)
    hints = [re.findall(r"STATE_TTL\('e' = '(\d+) ms'\)", insert) for insert in rendered.inserts[1:]]
    assert hints == [[str(one.state_ttl_ms(kind))] for kind in one.kinds]


def test_only_columns_that_something_reads_leave_the_judgement() -> None:
    rendered = render_job(job(view(sizes=(HOUR,), lifetime=False)), TARGET)
    (accepted,) = [statement for statement in rendered.statements if "VIEW `accepted`" in statement]
    assert "`pieces`" in accepted
    assert "`first`" not in accepted
    assert "`shop`" not in accepted


@pytest.mark.parametrize("name", ["level", "tile", "n", "ts", "first_ts", "last_ts", "volume_sum"])
def test_a_key_column_called_like_another_column_is_refused(name: str) -> None:
    with pytest.raises(PlanError, match=f"two columns of its tiles are called '{name}'") as refusal:
        render_job(job(view(keys=(Column(name, STRING),))), TARGET)
    assert refusal.value.mend == f"rename the key column '{name}' of the entity 'account'"


def test_a_rendered_job_travels_as_json() -> None:
    rendered = render_job(job(view()), TARGET)
    assert msgspec.json.decode(msgspec.json.encode(rendered), type=JobSql) == rendered


def assert_snapshot(name: str, record: JobRecord) -> None:
    assert_script(name, render_job(record, TARGET))


def assert_script(name: str, rendered: JobSql) -> None:
    script = rendered.script()
    file = SNAPSHOTS / f"{name}.sql"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        file.write_text(script)
    assert script == file.read_text()
