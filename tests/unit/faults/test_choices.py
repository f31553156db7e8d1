"""Which sums a choice of prefixes can come to: all of few lanes, and one of the many that many lanes have."""

import itertools
import random
from collections.abc import Sequence

import numpy as np
import pytest

from tests.faults.choices import Vectors, reachable


def lane(*lines: tuple[int, int]) -> Vectors:
    """What the first none, one, two… lines come to."""
    return np.array(list(itertools.accumulate(lines, lambda a, b: (a[0] + b[0], a[1] + b[1]), initial=(0, 0))))


def draw_lanes(seed: int, lanes: int, most: int, dearest: int) -> list[Vectors]:
    draw = random.Random(seed)
    return [lane(*((1, draw.randrange(dearest)) for _ in range(draw.randrange(1, most)))) for _ in range(lanes)]


def target_of(lanes: Sequence[Vectors], seed: int) -> Vectors:
    draw = random.Random(seed)
    total: Vectors = np.sum([each[draw.randrange(len(each))] for each in lanes], axis=0)
    return total


@pytest.mark.parametrize("seed", range(30))
def test_of_few_lanes_what_is_reachable_is_what_trying_every_choice_finds(seed: int) -> None:
    lanes = draw_lanes(seed, lanes=4, most=4, dearest=9)
    found = {tuple(np.sum(rows, axis=0)) for rows in itertools.product(*lanes)}
    count, total = (int(each) for each in np.sum([each[-1] for each in lanes], axis=0))
    for wanted in itertools.product(range(count + 2), range(total + 2)):
        assert reachable(lanes, np.array(wanted), lambda chosen: True) is (wanted in found)


@pytest.mark.parametrize("seed", range(3))
def test_of_many_lanes_a_right_choice_is_met_however_large_the_sums(seed: int) -> None:
    lanes = draw_lanes(seed, lanes=60, most=14, dearest=60_000)
    target = target_of(lanes, seed)
    met: list[Vectors] = []

    def accept(chosen: Vectors) -> bool:
        met.append(chosen.copy())
        return True

    assert reachable(lanes, target, accept) is True
    (chosen,) = met
    assert (np.sum([each[row] for each, row in zip(lanes, chosen, strict=True)], axis=0) == target).all()


def test_what_is_not_accepted_is_not_reachable() -> None:
    lanes = [lane((1, 5)), lane((1, 5))]
    assert reachable(lanes, np.array([1, 5]), lambda chosen: list(chosen) == [0, 1]) is True
    assert reachable(lanes, np.array([1, 5]), lambda chosen: sum(chosen) == 2) is False


def test_where_not_all_choices_were_tried_it_is_not_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.faults.choices.EFFORTS", ((1 << 8, 2),))
    lanes = [2 * each for each in draw_lanes(1, lanes=60, most=14, dearest=60_000)]
    odd = np.array([60, 60_001])
    assert reachable(lanes, odd, lambda chosen: True) is None
    assert reachable(lanes[:2], odd, lambda chosen: True) is False


def test_more_than_all_lines_and_less_than_none_are_not_reachable() -> None:
    lanes = draw_lanes(2, lanes=60, most=14, dearest=60_000)
    assert reachable(lanes, np.array([-1, 5]), lambda chosen: True) is False
    assert reachable(lanes, np.array([10_000, 5]), lambda chosen: True) is False


def test_without_lanes_only_nothing_is_missing() -> None:
    assert reachable([], np.array([0, 0]), lambda chosen: True) is True
    assert reachable([], np.array([0, 1]), lambda chosen: True) is False
