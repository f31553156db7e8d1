"""From which generation a view is read, and when a lost job matters no more."""

import msgspec
import pytest

from millpond.control.recovery import is_superseded, mends
from millpond.control.sets import served
from millpond.plan.deployment import JobRecord, JobState, fragments_of
from millpond.plan.errors import DeployError
from tests.unit.sql.jobs import job, view

ONE, TWO = view("one"), view("two")


def generation(number: int, state: JobState, *, since: int = 0) -> JobRecord:
    return msgspec.structs.replace(
        job(ONE), name=f"g{number}", fragments=fragments_of(ONE, number), state=state, covered_since=since
    )


def recorded(*records: JobRecord) -> dict[str, JobRecord]:
    return {record.name: record for record in records}


@pytest.mark.parametrize(
    ("states", "read"),
    [
        (["filling"], 1),
        (["covered"], 1),
        (["covered", "starting"], 1),
        (["covered", "filling"], 1),
        (["filling", "filling"], 1),
        (["covered", "covered"], 2),
        (["filling", "covered"], 2),
        (["covered", "covered", "filling"], 2),
    ],
)
def test_a_view_is_read_from_its_newest_covered_generation(states: list[JobState], read: int) -> None:
    jobs = recorded(*(generation(number, state, since=number) for number, state in enumerate(states, 1)))
    found = served(ONE, jobs)
    assert (found.generation, found.job, found.covered_since) == (read, f"g{read}", read)


def test_a_view_that_nothing_runs_whole_is_refused() -> None:
    part = msgspec.structs.replace(job(ONE), fragments=job(ONE).fragments[:1])
    retired = msgspec.structs.replace(job(ONE), retired=job(ONE).fragments)
    for jobs in ({}, recorded(part), recorded(retired), recorded(generation(1, "starting"))):
        with pytest.raises(DeployError, match=r"view shop\.one version 3: no job runs all"):
            served(ONE, jobs)


def test_a_lost_job_is_mended_by_its_checkpoint_or_a_rebuild_and_retired_once_nothing_is_read_from_it() -> None:
    lost = generation(1, "covered")
    assert "--resume" in mends(lost, recorded(lost, generation(2, "filling")))
    assert "`millpond deploy --rebuild shop.one.v3`" in mends(lost, recorded(lost))
    done = recorded(lost, generation(2, "covered"))
    assert is_superseded(lost, done)
    assert "`millpond retire shop.one --version 3 --generation 1`" in mends(lost, done)
    both = msgspec.structs.replace(job(ONE, TWO), name="both")
    assert not is_superseded(both, recorded(both, generation(2, "covered")))
