"""Which versions keep their meaning, and which jobs are given up."""

import msgspec

from millpond.control.meaning import given_up, refusals
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import Pool, SetPlan
from tests.unit.sql.jobs import job, view

ONE, TWO = view("one"), view("two")
OTHER = msgspec.structs.replace(ONE, meaning="other")
SEEN = SetPlan(domain="shop", name="seen", version=2, owner="", description="", request=(), bindings=(), features=())
PUBLISHED = {"shop.seen.v2": Publication(plan=SEEN, views=(Served(view=ONE, generation=1, job="j", covered_since=0),))}


def test_what_runs_and_is_served_as_it_is_in_the_pool_is_not_refused() -> None:
    assert [*refusals(Pool(views=(ONE, TWO), sets=(SEEN,)), {"j": job(ONE)}, PUBLISHED)] == []


def test_a_view_and_a_set_of_another_meaning_are_refused_with_the_version_to_take() -> None:
    pool = Pool(views=(OTHER,), sets=(msgspec.structs.replace(SEEN, meaning="other"),))
    found = [*refusals(pool, {"j": job(ONE)}, PUBLISHED)]
    assert [error.where for error in found] == ["view shop.one", "set shop.seen"]
    assert ["version=4" in (found[0].mend or ""), "version=3" in (found[1].mend or "")] == [True, True]


def test_another_version_is_another_thing() -> None:
    newer = msgspec.structs.replace(OTHER, version=ONE.version + 1)
    assert [*refusals(Pool(views=(newer,), sets=()), {"j": job(ONE)}, {})] == []


def test_what_was_retired_is_free() -> None:
    retired = msgspec.structs.replace(job(ONE), retired=job(ONE).fragments)
    assert [*refusals(Pool(views=(OTHER,), sets=()), {"j": retired}, {})] == []


def test_only_jobs_that_were_never_seen_to_run_are_given_up() -> None:
    starting = msgspec.structs.replace(job(ONE), state="starting")
    assert given_up(Pool(views=(OTHER,), sets=()), {"j": starting}) == [starting]
    assert given_up(Pool(views=(), sets=()), {"j": starting}) == [starting]
    assert given_up(Pool(views=(ONE,), sets=()), {"j": starting}) == []
    assert given_up(Pool(views=(OTHER,), sets=()), {"j": job(ONE)}) == []
