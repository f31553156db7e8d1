"""The judge of what a reader was given: every value that could be true passes, every other is found.

acknowledged      1000   2000                9000  9500
                    |      |                   |     |
----------------[ line 1 ][ line 2 ]-------[ line 3 ][ line 4 ]---> wall clock;  stale_after 5000
"""

import itertools
import random
from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from tests.faults.judge import Asked, Delivered, Judge, Reply
from tests.oracles.windows import DAY, FEATURES, Line

DAY_START = 17_200 * DAY
NAMES = tuple(FEATURES["household"])
ASKED = Asked("household", (7,), tuple(enumerate(NAMES)))
STRANGER = Asked("household", (8,), tuple(enumerate(NAMES)))


def line(number: int, ts: int, cents: int) -> Line:
    return (number, DAY_START + ts, 7, 406, "b", "p", 1, cents, 0, 0)


LINES = [
    Delivered(line(1, 1_000, 150), 900, 1_000, 0),
    Delivered(line(2, 2_000, 250), 1_900, 2_000, 1),
    Delivered(line(3, 3_000, 1_000), 8_900, 9_000, 0),
    Delivered(line(4, 4_000, 5_000), 9_400, 9_500, 1),
]


def answer(
    counted: list[int], *, asked: int, status: str = "present", lines: Sequence[Delivered] = LINES, **changed: Any
) -> Reply:
    """What a right reader says with these of the lines (by index) counted."""
    values = []
    for name in NAMES:
        feature = FEATURES["household"][name]
        lo, hi = feature.span.bounds(DAY_START + 10_000)
        inside = [lines[i].line for i in counted if lo <= lines[i].line[1] < hi]
        states = []
        for part in feature.parts:
            brought = [1 if part.column == "line" else each[7] if part.column == "paid" else None for each in inside]
            numbers = [number for number in brought if number is not None]
            states.append((sum(numbers) if part.how == "add" else max(numbers)) if numbers else None)
        values.append(changed.get(name, feature.spell(*states)))
    statuses = tuple("empty" if "delayed" in name else status for name in NAMES)
    usable = tuple(v if s in ("present", "empty") else None for v, s in zip(values, statuses, strict=True))
    return Reply(asked, asked + 5, 0, 0, DAY_START + 10_000, statuses, usable)


def faults(*replies: Reply, asked: Asked = ASKED) -> list[str]:
    judge = Judge(LINES, stale_after=5_000)
    return judge.judge(replies, [[[asked]]]).faults


@pytest.mark.parametrize("counted", [[0, 1], [0, 1, 2], [0, 1, 3], [0, 1, 2, 3]])
def test_lines_just_sent_may_be_counted_partition_by_partition(counted: list[int]) -> None:
    assert faults(answer(counted, asked=10_000)) == []


def test_within_a_partition_the_later_line_is_not_counted_without_the_earlier() -> None:
    in_one = [each._replace(lane=0) for each in LINES]
    found = Judge(in_one, stale_after=5_000).judge([answer([0, 1, 3], asked=10_000)], [[[ASKED]]])
    assert found.faults


@pytest.mark.parametrize("counted", [[1], [0], [0, 2], []])
def test_a_line_acknowledged_longer_ago_than_stale_after_must_be_counted(counted: list[int]) -> None:
    status = "present" if counted else "empty"
    assert faults(answer(counted, asked=10_000, status=status))
    assert faults(answer(counted[:1], asked=1_950, status=status)) == [] or counted[:1] == [1]


def test_a_line_that_was_not_sent_yet_may_not_be_counted() -> None:
    assert faults(answer([0, 1, 2], asked=8_000))


def test_a_value_that_no_choice_of_lines_gives_is_wrong() -> None:
    (told,) = faults(answer([0, 1, 2], asked=10_000, spend_24h="14.01"))
    assert "household(7,) asked at 10000" in told
    assert "2 lines must be counted" in told
    assert "4 may be" in told


def test_features_of_one_window_must_come_out_of_one_choice() -> None:
    torn = answer([0, 1, 2], asked=10_000, lines_24h=2)
    assert faults(torn)


def test_a_number_of_another_type_is_wrong() -> None:
    assert faults(answer([0, 1], asked=8_000, spend_24h=4.0))
    assert faults(answer([0, 1], asked=8_000, lines_24h=2.0))


def test_statuses_that_promise_nothing_are_honest_and_carry_no_value() -> None:
    assert faults(answer([0], asked=10_000, status="stale")) == []
    with_value = answer([0], asked=10_000, status="stale")
    assert faults(Reply(*[*tuple(getattr(with_value, f) for f in Reply.__struct_fields__[:6]), (1,) * len(NAMES)]))


def test_a_status_that_has_no_place_here_is_wrong() -> None:
    assert faults(answer([0, 1], asked=10_000, status="overflow"))


def test_an_entity_nobody_met_is_empty_and_nothing_else() -> None:
    empty = answer([], asked=10_000, status="empty")
    assert faults(empty, asked=STRANGER) == []
    assert faults(answer([0, 1], asked=10_000), asked=STRANGER)


def test_a_read_that_raises_is_wrong() -> None:
    assert faults(Reply(1, 2, 0, 0, 3, raised="PlanError()")) == ["at 1 a read raised PlanError()"]


def test_a_read_that_does_not_come_back_in_time_is_wrong() -> None:
    waited = msgspec.structs.replace(answer([0, 1], asked=8_000), answered=11_500)
    assert faults(waited) == ["at 8000 a read took 3500 ms"]


def test_a_busy_window_is_judged_and_not_given_up() -> None:
    draw = random.Random(3)
    busy = [Delivered(line(i, 10 * i, draw.randrange(1, 9_999)), 9_000 + i, 9_500 + i, i % 4) for i in range(80)]
    reach = [draw.randrange(5, 20) for _ in range(4)]
    counted = [i for i in range(80) if i // 4 < reach[i % 4]]
    judge = Judge(busy, stale_after=5_000)
    right = judge.judge([answer(counted, asked=10_000, lines=busy)], [[[ASKED]]])
    assert (right.faults, right.undecided) == ([], 0)
    wrong = judge.judge([answer(counted, asked=10_000, lines=busy, spend_24h="0.01")], [[[ASKED]]])
    assert (len(wrong.faults), wrong.undecided) == (1, 0)


@pytest.mark.parametrize("seed", range(40))
def test_what_is_possible_is_what_trying_every_choice_finds(seed: int) -> None:
    draw = random.Random(seed)
    some = [Delivered(line(i, 10 * i, draw.randrange(1, 9)), 9_000 + i, 9_500 + i, draw.randrange(4)) for i in range(9)]
    lanes = [[i for i in range(9) if some[i].lane == lane] for lane in range(4)]
    reaches = itertools.product(*(range(len(lane) + 1) for lane in lanes))
    counted = [[i for lane, n in zip(lanes, reach, strict=True) for i in lane[:n]] for reach in reaches]
    wanted = answer(draw.choice(counted[1:]), asked=10_000, lines=some)
    if seed % 2:  # of two choices, each half of the values: mostly, no choice gives both
        other = answer(draw.choice(counted[1:]), asked=10_000, lines=some)
        wanted = msgspec.structs.replace(wanted, values=wanted.values[:6] + other.values[6:])
    told = [answer(choice, asked=10_000, lines=some).values for choice in counted[1:]]
    spans: dict[Any, list[int]] = {}
    for place, name in ASKED.features:
        spans.setdefault(FEATURES["household"][name].span, []).append(place)
    wrong = sum(
        not any(all(values[i] == wanted.values[i] for i in places) for values in told) for places in spans.values()
    )
    verdicts = Judge(some, stale_after=5_000).judge([wanted], [[[ASKED]]])
    assert (len(verdicts.faults), verdicts.undecided) == (wrong, 0)
    assert wrong == 0 or seed % 2
