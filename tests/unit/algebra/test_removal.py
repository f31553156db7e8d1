"""Taking an event away gives the state that was there before it, or says that it cannot."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.partials import State, add, zero
from millpond.algebra.removal import NOT_POSSIBLE, REMOVABLE, remove
from millpond.plan.expr import Field
from millpond.plan.partials import MARKED, PARTIAL_FUNCTIONS, Partial, PartialFunction, partial_type
from millpond.plan.types import DOUBLE, INT

EVENTS = st.lists(st.tuples(st.none() | st.integers(-3, 3), st.integers(0, 5)), max_size=8)
EVENT = st.tuples(st.none() | st.integers(-3, 3), st.integers(0, 5))


def partial(function: PartialFunction) -> Partial:
    type, most = partial_type(function, INT), 3 if function in ("firsts", "lasts", "tally") else 0
    return Partial(name="x", function=function, value=Field("x", INT), where=None, type=type, most=most)


def given_of(one: Partial, value: int | None) -> int | str | None:
    return f"{value:+d}" if one.function in MARKED and value is not None else value


def folded(one: Partial, events: Sequence[tuple[int | None, int]]) -> State:
    state = zero(one)
    for value, ts in events:
        state = add(one, state, given_of(one, value), ts)
    return state


def test_every_function_has_its_removal() -> None:
    assert set(PARTIAL_FUNCTIONS) == REMOVABLE


@pytest.mark.parametrize("function", PARTIAL_FUNCTIONS)
@given(events=EVENTS, gone=EVENT)
def test_what_was_added_and_taken_away_was_never_there_or_cannot_be_told(
    function: PartialFunction, events: list[tuple[int | None, int]], gone: tuple[int | None, int]
) -> None:
    one, (value, ts) = partial(function), gone
    found = remove(one, folded(one, [*events, gone]), given_of(one, value), ts)
    assert found in (NOT_POSSIBLE, folded(one, events))


#                      the others     gone      is told
@pytest.mark.parametrize(
    ("function", "others", "gone", "told"),
    [
        ("count", [(1, 0)], (2, 1), True),
        ("sum", [(1, 0)], (2, 1), True),
        ("min", [(1, 0)], (2, 1), True),
        ("min", [(2, 0)], (1, 1), False),
        ("max", [(2, 0)], (1, 1), True),
        ("max", [(1, 0)], (2, 1), False),
        ("least", [(1, 0)], (2, 1), True),
        ("greatest", [(1, 0)], (2, 1), False),
        ("lasts", [(1, 0), (2, 1)], (3, 2), False),  # three are kept: there may have been a fourth
        ("lasts", [(1, 0)], (3, 2), True),
        ("firsts", [(1, 0), (2, 1), (3, 2)], (3, 3), False),
        ("firsts", [(0, 0), (1, 1), (2, 2)], (3, 3), True),
        ("tally", [(1, 0)], (2, 2), True),
        ("tally", [(1, 0), (1, 2)], (1, 1), True),
        ("tally", [(1, 0), (1, 2)], (1, 3), False),  # when it was met last is not told
        ("tally", [(0, 0), (1, 0), (2, 0)], (3, 1), False),  # a mark gave way
    ],
)
def test_it_is_told_wherever_it_can_be(
    function: PartialFunction, others: list[tuple[int, int]], gone: tuple[int, int], told: bool
) -> None:
    one = partial(function)
    found = remove(one, folded(one, [*others, gone]), given_of(one, gone[0]), gone[1])
    assert found == (folded(one, others) if told else NOT_POSSIBLE)


def test_of_a_sum_of_doubles_nothing_is_taken_away() -> None:
    one = Partial(name="x", function="sum", value=Field("x", DOUBLE), where=None, type=DOUBLE)
    assert remove(one, 1e16, 1.0, 0) is NOT_POSSIBLE
