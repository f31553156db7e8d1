"""What goes with a view, and what stays."""

import msgspec
import pytest

from millpond.control.retire import plan_retirement
from millpond.plan.deployment import JobRecord, Publication, Served
from millpond.plan.errors import DeployError
from millpond.plan.model import SetPlan
from tests.unit.sql.jobs import job, view

ONE, TWO = view("one"), view("two")
ALONE = msgspec.structs.replace(job(ONE), name="alone")
BOTH = msgspec.structs.replace(job(ONE, TWO), name="both")


def recorded(*records: JobRecord) -> dict[str, JobRecord]:
    return {record.name: record for record in records}


def read_by_a_set(generation: int) -> dict[str, Publication]:
    plan = SetPlan(
        domain="shop", name="risk", version=2, owner="", description="", request=(), bindings=(), features=()
    )
    served = Served(view=ONE, generation=generation, job="alone", covered_since=0)
    return {"shop.risk.v2": Publication(plan=plan, views=(served,))}


def test_a_job_that_runs_nothing_else_is_stopped_and_its_topics_go() -> None:
    plan = plan_retirement("dev", recorded(ALONE), {}, "shop.one", 3)
    assert (plan.stopped, plan.shared) == ((ALONE,), ())
    assert set(plan.topics) == {fragment.topic("dev") for fragment in ALONE.fragments}


def test_a_job_that_others_need_goes_on_and_no_topic_it_writes_is_deleted() -> None:
    plan = plan_retirement("dev", recorded(BOTH), {}, "shop.one", 3)
    assert (plan.stopped, plan.shared, plan.topics) == ((), (BOTH,), ())
    assert {fragment.view for fragment in plan.fragments} == {"one"}


def test_the_last_view_of_a_shared_job_takes_the_whole_job_with_it() -> None:
    ones = tuple(fragment for fragment in BOTH.fragments if fragment.view == "one")
    rest = msgspec.structs.replace(BOTH, retired=ones)
    plan = plan_retirement("dev", recorded(rest), {}, "shop.two", 3)
    assert plan.stopped == (rest,)
    assert {fragment.topic("dev") for fragment in ones} < set(plan.topics)


def test_an_interrupted_retirement_can_be_planned_again() -> None:
    marked = msgspec.structs.replace(ALONE, retired=ALONE.fragments)
    assert plan_retirement("dev", recorded(marked), {}, "shop.one", 3).stopped == (marked,)


def test_what_a_published_set_reads_is_not_retired_but_its_other_generations_are() -> None:
    with pytest.raises(DeployError, match=r"view shop\.one version 3: it is read by shop\.risk\.v2"):
        plan_retirement("dev", recorded(ALONE), read_by_a_set(1), "shop.one", 3)
    assert plan_retirement("dev", recorded(ALONE), read_by_a_set(2), "shop.one", 3, 1).stopped == (ALONE,)
    with pytest.raises(DeployError, match=r"no job runs it as generation 2\n  mend: known here: shop\.one --version 3"):
        plan_retirement("dev", recorded(ALONE), {}, "shop.one", 3, 2)
