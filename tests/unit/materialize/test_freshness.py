"""Freshness: the greatest instant at which everything then in a log has been reached."""

import pytest

from millpond.materialize.freshness import KEPT, LogEnd, SourceReach, start_of


def test_a_log_is_fresh_at_the_last_instant_whose_end_is_reached() -> None:
    #     asked at   100   200   300
    #     ends at     10    25    25
    ends = LogEnd()
    for at, end in ((100, 10), (200, 25), (300, 25)):
        ends.asked(at, end)
    assert ends.reached(9) is None
    assert ends.reached(10) == 100
    assert ends.reached(24) == 100
    assert ends.reached(25) == 300


def test_an_instant_once_fresh_stays_so_until_what_was_reached_is_lost() -> None:
    ends = LogEnd()
    ends.asked(100, 10)
    assert ends.reached(10) == 100
    ends.asked(200, 50)
    assert ends.reached(10) == 100
    ends.forget()
    assert ends.reached(50) is None
    ends.asked(300, 50)
    assert ends.reached(50) == 300


def test_a_log_that_was_cut_is_measured_by_its_new_end() -> None:
    ends = LogEnd()
    ends.asked(100, 1000)
    ends.asked(200, 5)
    assert ends.reached(5) == 200


def test_a_log_that_lags_for_long_keeps_only_the_last_asks() -> None:
    ends = LogEnd()
    for at in range(10 * KEPT):
        ends.asked(at, at + 1)
    assert ends.reached(9 * KEPT) is None
    assert ends.reached(9 * KEPT + 1) == 9 * KEPT
    assert ends.end == 10 * KEPT


def test_a_source_partition_is_fresh_once_its_last_record_is_read() -> None:
    reach = SourceReach((0, 7))
    reach.asked(0, 100, 0, 20)
    reach.asked(1, 100, 0, 8)
    assert reach.stamps() == {}
    reach.read(0, 18)
    assert reach.stamps() == {}
    reach.read(0, 19)
    assert reach.stamps() == {0: 100}
    reach.read(1, 7)
    assert reach.stamps() == {0: 100, 1: 100}


@pytest.mark.parametrize(
    ("start", "low", "end", "fresh"),
    [
        (0, 0, 0, True),  # never held a record
        (0, 50, 50, True),  # all its records were deleted
        (20, 0, 20, True),  # nothing came since the job began
        (20, 0, 21, False),
        (0, 0, 1, False),
    ],
)
def test_an_idle_partition_needs_no_progress_row(start: int, low: int, end: int, *, fresh: bool) -> None:
    reach = SourceReach((start,))
    reach.asked(0, 100, low, end)
    assert reach.stamps() == ({0: 100} if fresh else {})


def test_a_job_that_went_back_is_believed() -> None:
    reach = SourceReach((0,))
    reach.read(0, 99)
    reach.read(0, 49)
    reach.asked(0, 100, 0, 100)
    assert reach.stamps() == {}
    reach.read(0, 99)
    assert reach.stamps() == {0: 100}


@pytest.mark.parametrize(
    ("stored", "low", "end", "start"),
    [
        (None, 0, 10, 0),
        (None, 5, 10, 5),
        (7, 0, 10, 7),
        (10, 0, 10, 10),
        (3, 5, 10, 5),  # retention went past it
        (11, 0, 10, 0),  # a topic of this name was made anew
        (11, 5, 10, 5),
    ],
)
def test_a_partition_is_applied_from_where_the_store_says(stored: int | None, low: int, end: int, start: int) -> None:
    assert start_of(stored, low, end) == start
