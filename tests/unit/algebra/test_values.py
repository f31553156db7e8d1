"""Every aggregation against formulas written over Fractions, and what happens at the edges of the numbers."""

import math
import statistics
from collections.abc import Sequence
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from millpond.algebra.contribution import contribution
from millpond.algebra.evaluate import Event
from millpond.algebra.marks import mark
from millpond.algebra.partials import State, add, zero
from millpond.algebra.values import Flaw, Value, root, value, valued_of_many
from millpond.plan.aggregations import AGGREGATIONS, Operands, Parameters, partials_of
from millpond.plan.expr import Field
from millpond.plan.model import FeaturePlan
from millpond.plan.partials import Partial
from millpond.plan.types import DOUBLE, INT, INT_MAX, INT_MIN, STRING, TIMESTAMP, Type
from millpond.plan.windows import WindowSpan

MONEY = Type("decimal", 18, 2)
WIDEST = Type("decimal", 28, 4)  # of those that can be summed
Q = 100_000
PLACE = (Field("at", TIMESTAMP), Field("id", STRING))


def feature(aggregation: str, over: Type) -> tuple[FeaturePlan, list[Partial]]:
    rule = AGGREGATIONS[aggregation]
    fields = () if rule.takes == "none" else (Field("x", over),)
    state = rule.state(Operands(fields=fields, place=PLACE, by=Field("by", INT), most=1_000))
    partials = list(partials_of(state, "x", None))
    plan = FeaturePlan(
        name="x_1h",
        aggregation=aggregation,
        type=rule.result(over if fields else None),
        window=WindowSpan(label="1h", size_ms=3_600_000),
        partials=tuple(p.name for p in partials),
        level_ms=60_000,
        tail_error_ms=59_999,
        given=Parameters(k=3, p="0.5", keep_ms=86_400_000),
    )
    return plan, partials


def answered(aggregation: str, over: Type, values: Sequence[Decimal | float | str | None]) -> tuple[Value, Flaw]:
    """Of events at 1, 2, 3 ... ms, the last with the greatest `by` that any other has, too."""
    plan, partials = feature(aggregation, over)
    states: list[State] = []
    for partial in partials:
        state = zero(partial)
        for at, x in enumerate(values, 1):
            event: Event = {"at": at, "id": f"e{at:03}", "by": at // 2, "x": x}
            state = add(partial, state, contribution(partial)(event), at)
        states.append(state)
    return value(plan, partials, states, Q)


def test_every_aggregation_of_nothing_is_what_the_table_says() -> None:
    for aggregation, rule in AGGREGATIONS.items():
        assert answered(aggregation, MONEY, []) == (rule.empty, "")


def exact_root(square: Fraction) -> Decimal:
    """120 digits."""
    with localcontext() as context:
        context.prec = 120
        return (Decimal(square.numerator) / square.denominator).sqrt()


def central(values: list[Fraction], power: int) -> Fraction:
    mean = sum(values, Fraction(0)) / len(values)
    return sum(((v - mean) ** power for v in values), Fraction(0)) / len(values)


@given(
    st.lists(st.none() | st.decimals(-(10**15), 10**15, places=2), max_size=30)
    | st.lists(st.none() | st.decimals(-2, 2, places=2), max_size=8)
)
def test_moments_equal_their_definitions_over_fractions(values: list[Decimal | None]) -> None:
    known = [Fraction(v) for v in values if v is not None]
    n = len(known)
    wanted: dict[str, object] = {
        "sum": Decimal(sum(known, Fraction(0)).numerator) / sum(known, Fraction(0)).denominator,
        "mean": float(sum(known, Fraction(0)) / n) if n else None,
        "min": min((v for v in values if v is not None), default=None),
        "max": max((v for v in values if v is not None), default=None),
        "var": float(statistics.variance(known)) if n > 1 else None,
        "std": float(exact_root(statistics.variance(known))) if n > 1 else None,
    }
    m2 = central(known, 2) if n else Fraction(0)
    if n < 3 or m2 == 0:
        wanted["skew"] = None
    else:
        m3 = central(known, 3)
        size = float(exact_root(Fraction(n * (n - 1), (n - 2) ** 2) * m3**2 / m2**3))
        wanted["skew"] = math.copysign(size, m3) if m3 else 0.0
    if n < 4 or m2 == 0:
        wanted["kurtosis"] = None
    else:
        excess = central(known, 4) / m2**2 - 3
        wanted["kurtosis"] = float(Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * excess + 6))
    for aggregation, answer in wanted.items():
        assert answered(aggregation, MONEY, values) == (answer, ""), aggregation


@given(st.lists(st.integers(INT_MIN, INT_MAX), min_size=2, max_size=9))
def test_the_variance_of_any_integers_is_rounded_once(values: list[int]) -> None:
    assert answered("var", INT, values) == (float(statistics.variance(map(Fraction, values))), "")


@given(st.fractions(0, 10**30) | st.fractions(0, Fraction(1, 10**30)).map(lambda f: f / 10**20))
def test_a_root_is_rounded_once(square: Fraction) -> None:
    assert root(square) == float(exact_root(square))


def test_a_root_between_two_doubles_goes_to_the_even_one() -> None:
    between = 2**53 + 1  # of which there is no double: the next ones are 2**53 and 2**53 + 2
    assert root(Fraction(between**2)) == 2.0**53
    assert root(Fraction(between**2 + 1)) == 2.0**53 + 2
    assert root(Fraction(between**2 - 1)) == 2.0**53


@given(st.lists(st.none() | st.text(max_size=3), max_size=6))
def test_what_one_event_says_is_that_of_the_right_event(values: list[str | None]) -> None:
    told = [(at, x) for at, x in enumerate(values, 1) if x is not None]
    first, last = (told[0][1], told[-1][1]) if told else (None, None)
    least = min(told, key=lambda one: (one[0] // 2, one[0]), default=(0, None))[1]
    greatest = max(told, key=lambda one: (one[0] // 2, one[0]), default=(0, None))[1]
    texts = sorted((x for _, x in told), key=str.encode)
    wanted = {"first": first, "last": last, "arg_min": least, "arg_max": greatest}
    wanted |= {"min": texts[0] if texts else None, "max": texts[-1] if texts else None}
    for aggregation, answer in wanted.items():
        assert answered(aggregation, STRING, values) == (answer, ""), aggregation


def test_seconds_count_to_the_instant_read() -> None:
    assert answered("seconds_since_first", INT, [5, None, 7]) == ((Q - 1) / 1000, "")
    assert answered("seconds_since_last", INT, [5, None, 7]) == ((Q - 3) / 1000, "")


@given(st.lists(st.floats(-1e15, 1e15), min_size=1, max_size=30))
def test_doubles_are_within_their_declared_error(values: list[float]) -> None:
    result, overflowed = answered("sum", DOUBLE, values)
    assert not overflowed
    assert isinstance(result, int | float)
    assert abs(result - math.fsum(values)) <= 1e-9 * math.fsum(map(abs, values))


def test_a_sum_of_ints_beyond_64_bits_is_an_overflow_and_not_a_wrap() -> None:
    assert answered("sum", INT, [INT_MAX]) == (INT_MAX, "")
    assert answered("sum", INT, [INT_MAX, 1]) == (None, "overflow")


@pytest.mark.parametrize("state", [math.inf, -math.inf, math.nan])
def test_a_sum_of_doubles_that_is_not_finite_is_an_overflow(state: float) -> None:
    plan, partials = feature("sum", DOUBLE)
    assert value(plan, partials, [state], Q) == (None, "overflow")


@given(st.lists(st.decimals(-(10**23), 10**23, places=4), min_size=4, max_size=6))
def test_the_widest_decimals_have_their_moments(values: list[Decimal]) -> None:
    known = [Fraction(v) for v in values]
    assume(central(known, 2))
    assert len(feature("kurtosis", WIDEST)[1]) == 2 + 2 + 3 + 4
    excess, n = central(known, 4) / central(known, 2) ** 2 - 3, len(known)
    wanted = float(Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * excess + 6))
    assert answered("kurtosis", WIDEST, values) == (wanted, "")


ROWS = st.lists(st.lists(st.none() | st.integers(-9, 9), max_size=4), min_size=1, max_size=5)


@pytest.mark.parametrize(
    ("aggregation", "over"),
    [
        *((name, over) for name in ("count", "sum", "mean", "min", "max") for over in (INT, MONEY, DOUBLE)),
        ("last", STRING),
        ("seconds_since_last", TIMESTAMP),
    ],
    ids=str,
)
@given(ROWS, st.sampled_from([1, INT_MAX, 10**30, 10**38]))
def test_the_values_of_many_are_those_of_each(
    aggregation: str, over: Type, rows: list[list[int | None]], by: int
) -> None:
    """Beyond their type's numbers, too."""
    plan, partials = feature(aggregation, over)
    told = [_states(partials, row, by) for row in rows]
    instants = [Q + number for number in range(len(rows))]
    each = [value(plan, partials, states, q) for states, q in zip(told, instants, strict=True)]
    values, flaws = valued_of_many(plan, partials)(list(zip(*told, strict=True)), instants)
    assert list(zip(values, flaws or [""] * len(values), strict=True)) == each


def _states(partials: Sequence[Partial], row: list[int | None], by: int) -> list[State]:
    known = [one for one in row if one is not None]
    states: list[State] = []
    for partial in partials:
        if partial.function in ("count", "sum"):
            states.append(sum(known) * (1 if partial.function == "count" else by) if partial.value else len(known))
        elif partial.function in ("min", "max") and partial.type != STRING:
            states.append(min(known) * by if known else None)
        else:
            states.append(mark([(1, TIMESTAMP), ("e", STRING)], [("x", STRING)]) if known else None)
    return states
