"""What the next deployment starts, publishes and refuses, from the records of one that was."""

from pathlib import Path

from msgspec.structs import replace

from millpond.plan.model import Pool
from millpond.review.outlook import Outlook, outlook, running_after
from millpond.review.standing import Standing
from tests.unit.review.pools import pool

NEW_FRAGMENTS = ("shop.visitor.v2.tiles_short.g1", "shop.visitor.v2.tiles_long.g1")
VERSION_2 = ('"visitor", version=1', '"visitor", version=2')
OTHER_MEANING = ("_.amount > 5", "_.amount > 6")


def real(before: Pool) -> Standing:
    """An environment in which a pool is deployed."""
    found = Standing.as_deployed(before)
    return Standing(ns="dev", jobs=found.jobs, retired={}, published=found.published, is_real=True)


def test_what_runs_already_is_left_as_it_is(tmp_path: Path) -> None:
    before = pool(tmp_path)
    found = outlook(before, real(before))
    assert found == Outlook(
        refused=(),
        started=(),
        given_up=(),
        kept=("shop.visitor.v1.tiles_short.g1", "shop.visitor.v1.tiles_long.g1"),
        left=(),
        published=(),
        republished=(),
        untouched=("shop.seen.v1",),
    )


def test_a_new_version_gets_a_job_and_the_old_one_runs_on_until_it_is_retired(tmp_path: Path) -> None:
    before, after = pool(tmp_path), pool(tmp_path, VERSION_2, ('"seen", version=1', '"seen", version=2'))
    found = outlook(after, real(before))
    (job,) = found.started
    assert job.name.startswith("shop.sales.")
    assert job.fragments == NEW_FRAGMENTS
    assert job.topics[:2] == (
        "millpond.dev.shop.visitor.v2.tiles-short.g1",
        "millpond.dev.shop.visitor.v2.tiles-long.g1",
    )
    assert job.topics[2] == f"millpond.dev.{job.name}.dlq"
    assert (job.source, job.fills) == ("shop.sale.v1", "30d")
    assert found.published == ("shop.seen.v2",)
    assert found.untouched == ("shop.seen.v1",)
    (left,) = found.left
    assert (left.view, left.read_by) == ("shop.visitor.v1", ("shop.seen.v1",))
    assert left.mend == "millpond retire shop.visitor --version 1"
    assert [len(fragments) for fragments in running_after(after, real(before)).values()] == [2, 2]


def test_another_meaning_under_the_same_version_is_refused_as_a_deployment_does(tmp_path: Path) -> None:
    before, after = pool(tmp_path), pool(tmp_path, OTHER_MEANING)
    found = outlook(after, real(before))
    assert [(error.where, error.mend) for error in found.refused] == [
        (what, "set version=2 in its definition and run `millpond compile`, or undo the change")
        for what in ("view shop.visitor", "set shop.seen")
    ]
    assert found.started == ()


def test_against_a_revision_what_means_something_else_was_never_published(tmp_path: Path) -> None:
    before, after = pool(tmp_path), pool(tmp_path, OTHER_MEANING)
    found = outlook(after, Standing.as_deployed(before))
    assert [error.where for error in found.refused] == ["view shop.visitor", "set shop.seen"]
    assert [job.fragments for job in found.started] == [
        ("shop.visitor.v1.tiles_short.g1", "shop.visitor.v1.tiles_long.g1")
    ]
    assert found.published == ("shop.seen.v1",)
    (fragments,) = running_after(after, Standing.as_deployed(before)).values()
    assert set(fragments.values()) == {after.views[0]}


def test_other_prose_of_a_set_is_published_anew(tmp_path: Path) -> None:
    before, after = (
        pool(tmp_path),
        pool(tmp_path, ('version=1, owner="me", features=visitor', 'version=1, owner="you", features=visitor')),
    )
    found = outlook(after, real(before))
    assert (found.refused, found.republished, found.untouched) == ((), ("shop.seen.v1",), ())


def test_a_job_that_was_never_seen_to_run_is_given_up_and_begun_anew(tmp_path: Path) -> None:
    before, after = pool(tmp_path), pool(tmp_path, OTHER_MEANING)
    found = real(replace(before, sets=()))
    (job,) = found.jobs.values()
    starting = Standing(
        ns="dev", jobs={job.name: replace(job, state="starting")}, retired={}, published={}, is_real=True
    )
    told = outlook(after, starting)
    assert (told.refused, told.given_up) == ((), (job.name,))
    assert len(told.started) == 1


def test_generations_that_were_retired_are_not_used_again(tmp_path: Path) -> None:
    after = pool(tmp_path)
    nothing = Standing(ns="dev", jobs={}, retired={"shop.visitor.v1": 3}, published={}, is_real=True)
    (job,) = outlook(after, nothing).started
    assert job.fragments == ("shop.visitor.v1.tiles_short.g4", "shop.visitor.v1.tiles_long.g4")


def test_what_is_published_is_told_with_the_newest_prose(tmp_path: Path) -> None:
    before = pool(tmp_path)
    standing = real(before)
    (served,) = standing.published.values()
    newer = replace(before.views[0], owner="you", prose="newer")
    (view,) = served.views
    published = {"shop.seen.v1": replace(served, views=(replace(view, view=newer),))}
    told = Standing(ns="dev", jobs=standing.jobs, retired={}, published=published, is_real=True)
    assert told.pool.views == (newer,)
