"""Where a job begins, what its backfill reads, and since when it all is covered."""

import dataclasses

import msgspec
import pytest

from millpond.control.planning import covered_since, first_day, from_day, from_earliest
from millpond.control.topics import SourceTopic
from millpond.plan.windows import DAY, HOUR, MINUTE
from tests.unit.sql.jobs import SOURCE

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
