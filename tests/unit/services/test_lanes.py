"""Answers leave in the order of their keys, and a place is committed only when all before it is delivered."""

import random
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from millpond.services.lanes import Lanes, Progress


@dataclass(eq=False)
class Request:
    number: int
    lane: str
    is_answered: bool = False


@given(st.lists(st.sampled_from("abc"), max_size=20), st.randoms(use_true_random=False))
def test_each_lane_keeps_its_order_whatever_is_answered_first(keys: list[str], draw: random.Random) -> None:
    lanes: Lanes[Request] = Lanes()
    requests = [Request(number, key) for number, key in enumerate(keys)]
    for one in requests:
        lanes.add(one)
    left: list[Request] = []
    for one in draw.sample(requests, len(requests)):
        one.is_answered = True
        left += lanes.leaving(one.lane)
        for key in set(keys):
            mine = [r for r in requests if r.lane == key]
            unanswered = next((n for n, r in enumerate(mine) if not r.is_answered), len(mine))
            assert [r for r in left if r.lane == key] == mine[:unanswered]
    assert len(left) == len(requests)


def test_a_lane_that_waits_holds_up_no_other() -> None:
    lanes: Lanes[Request] = Lanes()
    first, second, other = Request(0, "a"), Request(1, "a", is_answered=True), Request(2, "b", is_answered=True)
    for one in (first, second, other):
        lanes.add(one)
    assert list(lanes.leaving("a")) == []
    assert list(lanes.leaving("b")) == [other]
    first.is_answered = True
    assert list(lanes.leaving("a")) == [first, second]


def test_what_is_dropped_does_not_come_back() -> None:
    lanes: Lanes[Request] = Lanes()
    lanes.add(Request(0, "a"))
    lanes.drop("a")
    after = Request(1, "a", is_answered=True)
    lanes.add(after)
    assert list(lanes.leaving("a")) == [after]


@given(st.sets(st.integers(5, 60), max_size=20), st.randoms(use_true_random=False))
def test_the_place_is_that_of_the_first_that_is_not_delivered(offsets: set[int], draw: random.Random) -> None:
    progress = Progress(5)
    assert progress.position == 5
    for offset in sorted(offsets):
        progress.took(offset)
    done: set[int] = set()
    for offset in draw.sample(sorted(offsets), len(offsets)):
        left = offsets - done
        assert progress.position == min(left)
        progress.done(offset)
        done.add(offset)
    assert progress.position == max(offsets, default=4) + 1
