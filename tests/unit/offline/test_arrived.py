"""Records of a topic as events: which count, which copy of them, and which of them a job was there to read."""

from typing import Any, Final

import msgspec
import pytest

from millpond.offline.arrived import (
    Arrived,
    Place,
    Record,
    Wanted,
    by_entity,
    came_in_since,
    first_copies,
    id_of,
    is_counted_by,
    refusal,
)
from millpond.plan.deployment import Backfill, JobRecord
from millpond.plan.windows import DAY, HOUR
from tests.unit.serve.sample import view

NOON: Final = 20_000 * DAY + 12 * HOUR
VIEW: Final = view()
SOURCE: Final = msgspec.structs.replace(VIEW.source, event_id="id")


def record(ts: int | None, *, arrival: int = NOON, offset: int = 0, partition: int = 0, **event: Any) -> Record:
    return Record(Place(arrival, partition, offset), {"id": "a", "card_id": "c", "at": ts, **event})


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (record(NOON), None),
        (record(NOON - HOUR), None),
        (record(NOON - HOUR - 1), "late"),
        (record(NOON + SOURCE.skew_ms), None),
        (record(NOON + SOURCE.skew_ms + 1), "future"),
        (record(None), "null_event_time"),
        (record(NOON, id=None), "null_event_id"),
        (record(-1, arrival=0), "event_time_out_of_range"),
        (Record(Place(NOON, 0, 0), "truncated"), "truncated"),
    ],
)
def test_what_does_not_count_says_why(given: Record, why: str | None) -> None:
    assert refusal(SOURCE, given) == why


def test_an_event_may_have_come_in_a_little_before_its_time() -> None:
    earliest = record(NOON, arrival=came_in_since(SOURCE, NOON))
    assert refusal(SOURCE, earliest) is None
    assert refusal(SOURCE, earliest._replace(place=Place(earliest.place.arrival - 1, 0, 0))) == "future"
    assert came_in_since(SOURCE, 7) == 0


def test_of_copies_the_first_that_came_in_counts_and_the_others_are_told() -> None:
    held = [
        record(NOON, arrival=NOON + 5, partition=1, offset=7),
        record(NOON, arrival=NOON + 3, partition=2, offset=9),
        record(NOON, arrival=NOON + 3, partition=0, offset=4, amount=1),
        record(NOON - 1, offset=1),  # the same id at another time is another event
        record(NOON - HOUR, arrival=NOON + 1, offset=2),  # late
    ]
    events = first_copies(SOURCE, held)
    assert [(one.place.offset, [copy.offset for copy in one.copies]) for one in events] == [(1, []), (4, [9, 7])]
    assert [one.copies_differ for one in events] == [False, True]


def test_without_ids_every_record_is_an_event() -> None:
    assert len(first_copies(VIEW.source, [record(NOON, offset=offset) for offset in range(3)])) == 3


def test_events_by_whose_they_are() -> None:
    held = [record(NOON, offset=at, id=f"{at}", card_id=card) for at, card in enumerate(("c", "d", None, "c"))]
    found = by_entity(first_copies(SOURCE, held), [Wanted(VIEW, {("c",), ("e",)})])
    assert {key: [one.id for one in some] for (_, key), some in found.items()} == {("c",): ["0", "3"], ("e",): []}
    assert {of for of, _ in found} == {id_of(VIEW)}


# its backfill                |----------- before T1 -----------)
# the job                                            |---- T1 and later ---->
# offset                      10                     20         30
@pytest.mark.parametrize(
    ("offset", "is_later", "counts"),
    [
        (9, False, False), (10, False, True), (29, False, True), (30, False, False),
        (19, True, False), (20, True, True), (99, True, True),
    ],
)  # fmt: skip
def test_a_job_and_its_backfill_share_the_events(offset: int, *, is_later: bool, counts: bool) -> None:
    backfill = Backfill(start_offsets=(10,), bound_offsets=(30,), flink_job_id="", state="finished")
    job = JobRecord(
        name="", domain="", source=SOURCE, views=(), fragments=(), flink_job_id="", partitions=1, topic_partitions=1,
        start_offsets=(20,), start_ts=NOON, covered_since=0, deployed_at=0, backfill=backfill,
    )  # fmt: skip
    one = Arrived(Place(NOON, 0, offset), NOON if is_later else NOON - 1, "a", {})
    assert is_counted_by(job, one) == counts
    assert is_counted_by(job, Arrived(Place(NOON, 1, 0), NOON, "a", {})), "nobody read that partition before"
