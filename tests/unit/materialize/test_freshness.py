"""Freshness: the greatest instant at which everything then in a log has been reached."""

import pytest

from millpond.materialize.freshness import KEPT, LogEnd, Proof, SourceReach, start_of


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


def test_a_commit_proves_what_was_in_the_source_when_its_end_was_asked_for() -> None:
    #     partition 0   ends at 20        committed 19   20
    #     partition 1   ends at  8        committed  8    8
    #     ------------- asked at 100 ---- seen at  150  160 ----> t
    reach = SourceReach((0, 7))
    reach.asked(0, 100, 0, 20)
    reach.asked(1, 100, 0, 8)
    reach.committed(150, {0: 19, 1: 8})
    assert reach.proofs() == ()
    reach.committed(160, {0: 20})
    assert reach.proofs() == (Proof(seen=160, at=100),)


def test_a_proof_is_kept_from_when_it_was_first_seen_and_a_newer_one_stands_before_it() -> None:
    reach = SourceReach((0,))
    reach.asked(0, 100, 0, 5)
    reach.committed(150, {0: 5})
    reach.committed(160, {0: 5})
    reach.asked(0, 200, 0, 9)
    reach.committed(250, {0: 8})
    reach.committed(260, {0: 9})
    assert reach.proofs() == (Proof(seen=260, at=200), Proof(seen=150, at=100))


def test_the_source_is_as_fresh_as_its_slowest_partition() -> None:
    reach = SourceReach((0, 0))
    for at, end in ((100, 10), (200, 20)):
        reach.asked(0, at, 0, end)
        reach.asked(1, at, 0, end)
    reach.committed(300, {0: 20, 1: 10})
    assert reach.proofs() == (Proof(seen=300, at=100),)


@pytest.mark.parametrize(
    ("start", "low", "end", "proven"),
    [
        (0, 0, 0, True),  # never held a record
        (0, 50, 50, True),  # all its records were deleted
        (20, 0, 20, True),  # nothing came since the job began
        (20, 0, 21, False),
        (0, 0, 1, False),
    ],
)
def test_an_idle_partition_needs_no_commit(start: int, low: int, end: int, *, proven: bool) -> None:
    reach = SourceReach((start,))
    reach.asked(0, 100, low, end)
    reach.committed(150, {})
    assert reach.proofs() == ((Proof(150, 100),) if proven else ())


def test_a_job_that_went_back_is_believed() -> None:
    reach = SourceReach((0,))
    reach.committed(90, {0: 100})
    reach.committed(95, {0: 50})
    reach.asked(0, 100, 0, 100)
    reach.committed(150, {})
    assert reach.proofs() == ()
    reach.committed(160, {0: 100})
    assert reach.proofs() == (Proof(160, 100),)


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
