"""Every aggregation against Fractions, and the laws of the algebra."""

import math
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.partials import MERGE, State, add, merge, scaled, unscaled, value, zero
from millpond.plan.aggregations import AGGREGATIONS, PARTIAL_FUNCTIONS, Partial, PartialFunction, partial_type
from millpond.plan.expr import Field
from millpond.plan.model import FeaturePlan
from millpond.plan.types import DOUBLE, INT, INT_MAX, Type
from millpond.plan.windows import WindowSpan

MONEY = Type("decimal", 18, 2)
AMOUNTS = st.lists(st.none() | st.decimals(-(10**15), 10**15, places=2), max_size=30)


def partial(function: PartialFunction, over: Type) -> Partial:
    return Partial(
        name=f"x_{function}", function=function, value=Field("x", over), where=None, type=partial_type(function, over)
    )


def feature(aggregation: str, over: Type) -> tuple[FeaturePlan, list[Partial]]:
    partials = [partial(function, over) for function in AGGREGATIONS[aggregation].state]
    window = WindowSpan(label="1h", size_ms=3_600_000)
    plan = FeaturePlan(
        name="x_1h",
        aggregation=aggregation,
        type=AGGREGATIONS[aggregation].result(over),
        window=window,
        partials=tuple(p.name for p in partials),
        level_ms=60_000,
        tail_error_ms=59_999,
    )
    return plan, partials


def folded(one: Partial, values: list[Decimal | None]) -> State:
    state = zero(one)
    for item in values:
        state = add(one, state, item)
    return state


def test_every_function_and_aggregation_of_the_table_has_its_algebra() -> None:
    assert set(MERGE) == set(PARTIAL_FUNCTIONS)
    for aggregation in AGGREGATIONS:
        plan, partials = feature(aggregation, MONEY)
        result, overflowed = value(plan, partials, [zero(p) for p in partials])
        assert (result, overflowed) == (AGGREGATIONS[aggregation].empty, False)


@given(AMOUNTS, st.integers(0, 30))
def test_merging_the_parts_equals_folding_the_whole(values: list[Decimal | None], cut: int) -> None:
    for function in PARTIAL_FUNCTIONS:
        one = partial(function, MONEY)
        assert merge(one, folded(one, values[:cut]), folded(one, values[cut:])) == folded(one, values)
        assert folded(one, values[::-1]) == folded(one, values)
        assert merge(one, zero(one), folded(one, values)) == folded(one, values)


@given(AMOUNTS)
def test_values_equal_those_of_exact_fractions(values: list[Decimal | None]) -> None:
    known = [Fraction(v) for v in values if v is not None]
    expected = {
        "count": len(known),
        "sum": Decimal(sum(known, Fraction(0)).numerator) / sum(known, Fraction(0)).denominator,
        "mean": float(sum(known, Fraction(0)) / len(known)) if known else None,
        "min": min((v for v in values if v is not None), default=None),
        "max": max((v for v in values if v is not None), default=None),
    }
    for aggregation, wanted in expected.items():
        plan, partials = feature(aggregation, MONEY)
        assert value(plan, partials, [folded(p, values) for p in partials]) == (wanted, False)


@given(st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=30))
def test_doubles_are_within_their_declared_error(values: list[float]) -> None:
    plan, partials = feature("sum", DOUBLE)
    state: State = zero(partials[0])
    for item in values:
        state = add(partials[0], state, item)
    result, overflowed = value(plan, partials, [state])
    assert not overflowed
    assert isinstance(result, int | float)
    assert abs(result - math.fsum(values)) <= 1e-9 * math.fsum(map(abs, values))


def test_a_sum_of_ints_beyond_64_bits_is_an_overflow_and_not_a_wrap() -> None:
    plan, partials = feature("sum", INT)
    assert value(plan, partials, [INT_MAX]) == (INT_MAX, False)
    assert value(plan, partials, [INT_MAX + 1]) == (None, True)


@pytest.mark.parametrize("state", [math.inf, -math.inf, math.nan])
def test_a_sum_of_doubles_that_is_not_finite_is_an_overflow(state: float) -> None:
    plan, partials = feature("sum", DOUBLE)
    assert value(plan, partials, [state]) == (None, True)


@given(st.decimals(-(10**36), 10**36, places=2))
def test_scaling_loses_nothing(number: Decimal) -> None:
    wide = Type("decimal", 38, 2)
    held = unscaled(number, wide)
    assert held == Fraction(number) * 100
    assert Fraction(scaled(held, wide)) == Fraction(number)
