"""Few get most."""

from collections import Counter
from random import Random

import pytest

from millpond.simulate.zipf import Zipf


def test_the_n_th_is_picked_an_n_th_as_often_as_the_first() -> None:
    rng, zipf = Random(1), Zipf("abcd", 1.0)
    counts = Counter(zipf.pick(rng) for _ in range(50_000))
    for rank, item in enumerate("abcd", 1):
        assert counts[item] / counts["a"] == pytest.approx(1 / rank, rel=0.05)


def test_one_item_is_always_picked() -> None:
    assert Zipf(["a"], 0.8).pick(Random(1)) == "a"


class Highest(Random):
    def random(self) -> float:
        return 1.0


def test_a_draw_that_rounds_up_to_the_end_is_the_last_item() -> None:
    assert Zipf("abc", 0.8).pick(Highest()) == "c"
