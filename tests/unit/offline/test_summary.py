"""Distributions: quartiles by rank, bins that hold every value once, texts by how often they are met."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.offline.summary import BINS, Texts, numbers, series, summary
from millpond.plan.types import DOUBLE, INT, STRING
from millpond.serve.vector import Vector

VALUES = st.lists(st.integers(-1000, 1000) | st.floats(-1e6, 1e6) | st.decimals(-100, 100, places=2), min_size=1)


@given(VALUES)
def test_every_value_lies_in_one_bin_and_quartiles_are_of_the_values(values: list[int | float | Decimal]) -> None:
    found = numbers(values)
    assert (len(found.bins), sum(found.bins)) == (BINS, len(values))
    ranked = sorted(values)
    assert found.quartiles == tuple(ranked[int(p * (len(ranked) - 1))] for p in (0, 0.25, 0.5, 0.75, 1))
    assert found.edges[0] == float(ranked[0])
    assert found.is_cut == (found.edges[1] < float(ranked[-1]))


def test_one_that_is_far_off_leaves_the_others_to_be_told_apart() -> None:
    found = numbers([*range(200), 1_000_000])
    assert (found.is_cut, found.edges) == (True, (0.0, 198.0))
    assert found.bins[0] == 9
    assert found.bins[-1] == 10 + 1


def vectors(*values: object) -> list[Vector]:
    return [Vector(("x",), (STRING,), (value,), ("present",), 0) for value in values]  # type: ignore[arg-type]


def test_texts_are_told_by_how_often_they_are_met() -> None:
    found = summary(vectors("a", "b", "b", None), 0, STRING)
    assert (found.count, found.nulls, found.statuses) == (4, 1, (("present", 4),))
    assert found.of == Texts(distinct=2, most=(("b", 2), ("a", 1)))
    assert series(vectors("a"), 0, STRING) == []
    assert summary(vectors(None), 0, STRING).of is None


@pytest.mark.parametrize(("value", "number"), [((1.5, 2.5), 2), ({"a": 3}, 1), (7, 7), (None, None)])
def test_of_lists_and_counts_their_length_counts(value: object, number: int | None) -> None:
    type = (
        DOUBLE.of_many("list") if isinstance(value, tuple) else STRING.of_many("counts") if value == {"a": 3} else INT
    )
    assert series(vectors(value), 0, type) == [number]
