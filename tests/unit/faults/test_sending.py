"""When what a fault held up was readable again, and which lines a run knows of."""

from typing import Any

from tests.faults.judge import Delivered
from tests.faults.main import planned
from tests.faults.sending import OWN_LANE, Markers, WatchedProducer


def recovered(seen: list[tuple[float, float | None]], since: float) -> float | None:
    markers: Any = Markers.__new__(Markers)
    markers.seen = seen
    return Markers.recovered(markers, since)


def test_recovery_ends_with_the_last_event_that_was_held_up() -> None:
    #          sent, readable            the fault ends at 10
    assert recovered([(5.0, 5.1), (9.0, 14.0), (12.0, 14.5), (15.0, 15.2)], 10.0) == 4.5


def test_nothing_held_up_is_no_time_at_all() -> None:
    assert recovered([(9.9, 10.1), (11.0, 11.2)], 10.0) == 0.0


def test_an_event_that_is_not_readable_is_no_recovery() -> None:
    assert recovered([(9.0, 9.1), (11.0, None)], 10.0) is None


def test_a_line_with_a_copy_in_another_partition_has_a_lane_of_its_own() -> None:
    producer: Any = WatchedProducer.__new__(WatchedProducer)
    producer.began, producer.ended = {1: 10, 2: 20}, {1: 11, 2: 25}
    producer.partitions = {1: [3, 3], 2: [3, 0]}
    line: Any = object()
    assert WatchedProducer.delivered(producer, {1: line, 2: line}) == [
        Delivered(line, 10, 11, 3),
        Delivered(line, 20, 25, OWN_LANE + 2),
    ]


def test_every_kind_is_played_at_least_once_and_a_seed_replays_alone() -> None:
    assert planned(["a", "b", "c"], seeds=2, seed=None) == [("a", 1), ("b", 2), ("c", 3)]
    assert planned(["a", "b"], seeds=3, seed=None) == [("a", 1), ("b", 2), ("a", 3)]
    assert planned(["b"], seeds=20, seed=7) == [("b", 7)]
