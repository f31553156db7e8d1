"""The laws of the algebra: parts merged in any order are the whole, and nothing is lost on the way into a state."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.partials import MERGE, State, add, limb, merge, scaled, state_of, unscaled, zero
from millpond.algebra.tallies import BETWEEN
from millpond.plan.expr import Field
from millpond.plan.partials import LIMB, MARKED, PARTIAL_FUNCTIONS, Partial, PartialFunction, limbs_of, partial_type
from millpond.plan.types import Type

MONEY = Type("decimal", 18, 2)
VALUES = st.none() | st.decimals(-(10**15), 10**15, places=2)


def partial(function: PartialFunction) -> Partial:
    return Partial(
        name=f"x_{function}",
        function=function,
        value=Field("x", MONEY),
        where=None,
        type=partial_type(function, MONEY),
        most=3 if function in ("firsts", "lasts", "tally") else 0,
    )


def folded(one: Partial, values: Sequence[Decimal | None]) -> State:
    state = zero(one)
    for ts, item in enumerate(values):
        state = add(one, state, given_of(one, item), ts)
    return state


def given_of(one: Partial, item: Decimal | None) -> float | str | None:
    """What an event of a value gives."""
    if item is None:
        return None
    if one.function == "count":
        return 1
    return str(item) if one.function in MARKED else unscaled(item, MONEY)


def test_every_function_of_the_table_has_its_algebra() -> None:
    assert set(MERGE) == set(PARTIAL_FUNCTIONS)
    for function in PARTIAL_FUNCTIONS:
        assert zero(partial(function)) == (0 if function in ("count", "sum") else None)


@given(st.lists(VALUES, max_size=30), st.integers(0, 30))
def test_merging_the_parts_equals_folding_the_whole(values: list[Decimal | None], cut: int) -> None:
    for function in PARTIAL_FUNCTIONS:
        if function == "tally":
            continue  # it tells its tiles apart, and the times of its events: see test_tallies
        one = partial(function)
        assert merge(one, folded(one, values[:cut]), folded(one, values[cut:])) == folded(one, values)
        assert folded(one, values[::-1]) == folded(one, values)
        assert merge(one, zero(one), folded(one, values)) == folded(one, values)


@given(st.lists(st.lists(VALUES, max_size=6), max_size=5))
def test_the_texts_of_many_tiles_come_to_the_fold_of_the_whole(parts: list[list[Decimal | None]]) -> None:
    values = [value for part in parts for value in part]
    for function in sorted(MARKED - {"tally"}):
        one = partial(function)
        states = [folded(one, part) for part in parts]
        texts = [BETWEEN.join([state] if isinstance(state, str) else state) for state in states if state is not None]  # type: ignore[arg-type]
        assert state_of(one, [text.encode() for text in texts]) == folded(one, values)


@given(st.decimals(-(10**36), 10**36, places=2))
def test_scaling_loses_nothing(number: Decimal) -> None:
    wide = Type("decimal", 38, 2)
    held = unscaled(number, wide)
    assert held == Fraction(number) * 100
    assert Fraction(scaled(held, wide)) == Fraction(number)


@given(st.integers(-(10**38) + 1, 10**38 - 1), st.integers(1, 4))
def test_the_limbs_of_a_power_come_to_the_power(whole: int, power: int) -> None:
    count = limbs_of(Type("decimal", 38, 2), power)
    limbs = [limb(whole**power, place) for place in range(count)]

    assert sum(one * LIMB**place for place, one in enumerate(limbs)) == whole**power
    assert all(abs(one) < LIMB for one in limbs)
