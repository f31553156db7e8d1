"""Which jobs a deployment starts."""

import msgspec
import pytest

from millpond.control.new_jobs import new_jobs, rebuilt
from millpond.plan.deployment import Fragment, JobRecord
from millpond.plan.errors import DeployError
from millpond.plan.model import Pool
from millpond.plan.windows import HOUR
from tests.unit.sql.jobs import SOURCE, job, view

ONE, TWO = view("one"), view("two")


def recorded(*records: JobRecord) -> dict[str, JobRecord]:
    return {record.name: record for record in records}


def labels(views: dict[Fragment, object]) -> list[str]:
    return [fragment.label for fragment in views]


def test_only_views_that_no_job_runs_get_a_new_one() -> None:
    pool = Pool(views=(ONE, TWO), sets=())
    (new,) = new_jobs(pool, recorded(job(ONE)), {})
    assert {fragment.view for fragment in new.views} == {"two"}
    assert new_jobs(pool, recorded(job(ONE, TWO)), {}) == []


def test_no_generation_is_ever_used_again() -> None:
    fragments = job(ONE).fragments
    (again,) = new_jobs(Pool(views=(ONE,), sets=()), recorded(msgspec.structs.replace(job(ONE), retired=fragments)), {})
    assert {fragment.generation for fragment in again.views} == {2}
    (later,) = new_jobs(Pool(views=(ONE,), sets=()), {}, {"shop.one.v3": 4})
    assert {fragment.generation for fragment in later.views} == {5}
    assert {fragment.generation for fragment in rebuilt(ONE, recorded(job(ONE)), {}).views} == {2}


def test_a_source_that_was_compiled_from_two_definitions_is_refused() -> None:
    other = view("two", source=msgspec.structs.replace(SOURCE, lateness_ms=HOUR))
    with pytest.raises(DeployError, match="compiled from different definitions"):
        new_jobs(Pool(views=(ONE, other), sets=()), {}, {})
