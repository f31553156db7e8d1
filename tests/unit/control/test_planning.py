"""Where a job begins, what its backfill reads, and since when it all is covered."""

import dataclasses

import msgspec
import pytest

from millpond.control.planning import covered_since, first_day, from_day, from_earliest, new_jobs, of_domains, rebuilt
from millpond.control.topics import SourceTopic
from millpond.plan.compiled import load_compiled
from millpond.plan.deployment import Fragment, JobRecord
from millpond.plan.errors import DeployError
from millpond.plan.model import Pool
from millpond.plan.windows import DAY, HOUR, MINUTE
from tests.unit.define.sample import RIGHT
from tests.unit.sql.jobs import SOURCE, job, view

NOON = 1_700_000_000_000 // DAY * DAY + 12 * HOUR


def topic(low: tuple[int, ...], high: tuple[int, ...]) -> SourceTopic:
    return SourceTopic(name="t", log_append_time=False, after_max_ms=0, low=low, high=high)


@pytest.mark.parametrize(
    ("now", "lateness", "append_delay", "days_before_noon"),
    [
        #  0        1        2 noon
        #  |--------|--------|---x---->
        (NOON, 0, 0, 0),
        (NOON, DAY, 0, 1),
        (NOON, DAY, 12 * HOUR, 1),
        (NOON, DAY, 12 * HOUR + 1, 2),
    ],
)
def test_the_first_day_is_the_last_that_no_event_still_to_come_can_be_before(
    now: int, lateness: int, append_delay: int, days_before_noon: int
) -> None:
    day = first_day(now, lateness_ms=lateness, append_delay_ms=append_delay)
    assert day == NOON - 12 * HOUR - days_before_noon * DAY
    assert day <= now - lateness - append_delay < day + DAY


def test_the_backfill_reads_from_the_first_record_to_where_the_topic_ended_when_the_live_job_was_planned() -> None:
    split = from_day(NOON, topic((5, 0, 3), (90, 40, 3)), (60, -1, -1))
    assert split is not None
    assert split.start_offsets == (60, 40, 3)  # where nothing arrived since then: the end
    assert (split.start_ts, split.covered_since) == (NOON, NOON)
    assert split.backfill is not None
    assert split.backfill.start_offsets == (5, 0, 3)
    assert split.backfill.bound_offsets == (90, 40, 3)
    assert split.backfill.state == "waiting"


def test_records_that_come_while_offsets_are_asked_for_stay_the_live_jobs() -> None:
    split = from_day(NOON, topic((0,), (40,)), (45,))
    assert split is not None
    assert split.start_offsets == (40,)


def test_a_topic_that_holds_nothing_older_is_read_whole_without_a_backfill() -> None:
    assert from_day(NOON, topic((5, 7), (90, 7)), (5, -1)) is None
    read = from_earliest(topic((5, 7), (90, 7)), NOON)
    assert (read.start_ts, read.start_offsets, read.covered_since, read.backfill) == (0, (5, 7), NOON, None)


def test_what_was_read_from_its_first_record_is_covered_since_the_last_partitions_first_arrival() -> None:
    whole = msgspec.structs.replace(SOURCE, full_history=True)
    untouched, cut = topic((0, 0), (9, 9)), topic((0, 4), (9, 9))
    assert covered_since(whole, untouched, [NOON, NOON + HOUR], now=0) == 0
    # A record that was deleted may have been stamped an hour after one that is kept.
    assert covered_since(whole, cut, [NOON, NOON + HOUR], now=0) == NOON + HOUR + MINUTE + HOUR
    broker_stamps = dataclasses.replace(cut, log_append_time=True)
    assert covered_since(whole, broker_stamps, [NOON, NOON + HOUR], now=0) == NOON + HOUR + MINUTE
    assert covered_since(SOURCE, untouched, [NOON], now=0) == NOON + MINUTE
    assert covered_since(SOURCE, topic((0,), (0,)), [], now=NOON) == NOON + MINUTE


# --- which jobs -----------------------------------------------------------------------------------------------------

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


def test_of_a_domain_are_its_views_and_sets_and_what_these_bind() -> None:
    pool = load_compiled(RIGHT)
    assert {view.full_name for view in of_domains(pool, ["shop"]).views} == {
        view.full_name for view in pool.views if view.domain == "shop"
    }
    assert {plan.full_name for plan in of_domains(pool, ["shop"]).sets} == {"shop.basket"}
    risk = of_domains(pool, ["risk"])  # it has sets alone, over views of the shop
    assert {plan.domain for plan in risk.sets} == {"risk"}
    assert (
        {view.full_name for view in risk.views}
        == {binding.view for plan in risk.sets for binding in plan.bindings}
        < {view.full_name for view in pool.views}
    )
    assert of_domains(pool, ["risk", "shop"]) == pool


def test_a_domain_that_the_pool_does_not_have_is_refused() -> None:
    with pytest.raises(DeployError, match=r"no domain 'shp'[\s\S]*did you mean 'shop'"):
        of_domains(load_compiled(RIGHT), ["shp"])
