"""Each aggregation over events small enough to reckon in the head, by both oracles."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from math import inf, nextafter, sqrt
from typing import Any

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.oracles import aggregations, moments
from tests.oracles.asked import Answer, Asked, Event, Value
from tests.unit.oracles.happened import Happened

TYPES = {"n": "BIGINT", "price": "DECIMAL(18,2)", "name": "VARCHAR", "ok": "BOOLEAN"}
COLUMNS = tuple(TYPES)
# ts, id, then n, price, name, ok
HISTORY: tuple[tuple[int, str, int | None, str | None, str | None, bool | None], ...] = (
    (1_000, "b", 5, "1.10", "ä", True),
    (1_000, "a", 1, "2.20", "z", True),
    (2_000, "c", None, "3.30", None, False),
    (3_000, "d", 5, None, "z", None),
    (3_000, "e", 2, "0.10", "", True),
    (9_999, "f", 9, "9.90", "a", True),
    (10_000, "g", 4, "4.40", "\U0001f600", False),
    (10_001, "h", 7, "7.70", "\uffff", True),
)
EVENTS = tuple(
    Event(
        ("k",), ts, event_id, dict(zip(COLUMNS, (n, None if price is None else Decimal(price), name, ok), strict=True))
    )
    for ts, event_id, n, price, name, ok in HISTORY
)
Both = Callable[..., Answer]


@pytest.fixture(scope="module")
def both() -> Iterator[Both]:
    """What both oracles say at an instant, 20 s unless told; a lifetime unless told."""
    with duckdb.connect(config={"threads": 1}) as db:
        sql = Happened(EVENTS, TYPES).oracle(db)

        def ask(kind: Any, *fields: str, q: int = 20_000, window_ms: int | None = None, **more: Any) -> Answer:
            asked = Asked(kind=kind, fields=fields, window_ms=window_ms, **more)
            mine, (theirs,) = aggregations.answer(asked, EVENTS, q), sql.answers(asked, [(("k",), q)])
            assert mine == theirs
            return mine

        yield ask


#         1 s      2 s      3 s                    10 s
#   ------|========|========|======----------------|--------> ts
#         b a      c        d e                  f g h
@pytest.mark.parametrize(
    ("q", "window", "delay", "step", "count"),
    [
        (10_000, 1, 0, 1, 1),  # (9999, 10000]
        (10_000, 2, 0, 1, 2),
        (9_999, 1, 0, 1, 1),
        (9_998, 1, 0, 1, 0),
        (10_001, 1, 0, 1_000, 2),  # the tail is rounded down to 10000, the head is current
        (10_000, 1, 0, 1_000, 1),
        (10_000, 7_001, 0, 1_000, 4),  # lo = 3000
        (10_000, 7_002, 0, 1_000, 5),  # lo = floor(2999) = 2000
        (10_000, 5_000, 1, 1, 1),  # (4999, 9999]
        (10_000, 5_000, 1, 1_000, 1),  # hi = floor(10000) = 10000
        (10_000, 5_000, 2, 1_000, 0),  # hi = floor(9999) = 9000
        (10_000, None, 0, 86_400_000, 7),  # a lifetime's head is current too
        (10_000, None, 7_001, 1_000, 3),  # hi = floor(3000) = 3000
        (500, 1_000, 0, 1_000, 0),  # lo = floor(-499) = -1000
    ],
)
def test_a_window(both: Both, q: int, window: int | None, delay: int, step: int, count: int) -> None:
    assert both("count", q=q, window_ms=window, delay_ms=delay, step_ms=step) == count


def test_counts_and_sums(both: Both) -> None:
    assert both("count") == 8
    assert both("count", where="ok") == 5
    assert both("count_values", "n") == 7
    assert both("sum", "n") == 33
    assert both("sum", "price", where="ok") == Decimal("21.00")
    assert both("mean", "price", where="ok") == 4.2
    assert [both(kind, "n", q=500) for kind in ("count", "count_values", "sum", "count_distinct")] == [0] * 4


@pytest.mark.parametrize(
    ("kind", "more"),
    [
        *((kind, {}) for kind in ("mean", "min", "max", "var", "std", "skew", "kurtosis", "quantile", "value_counts")),
        *((kind, {}) for kind in ("first", "last", "seconds_since_first", "seconds_since_last")),
        *((kind, {"k": 3}) for kind in ("first_k", "last_k", "top_k")),
        *((kind, {"by": "price"}) for kind in ("arg_max", "arg_min")),
    ],
)
def test_of_nothing_everything_else_is_null(both: Both, kind: str, more: dict[str, Any]) -> None:
    assert both(kind, "n", q=500, **more) is None


def test_text_is_ordered_by_its_bytes(both: Both) -> None:
    assert both("min", "name") == ""
    assert both("max", "name") == "\U0001f600"  # behind \uffff, before it in UTF-16
    assert both("max", "name", window_ms=1_000, q=3_500) == "z"
    assert both("arg_max", "n", by="name") == (4,)


def test_first_and_last_are_fields_of_one_event(both: Both) -> None:
    assert both("first", "n") == (1,)  # of the two at 1 s, "a"
    assert both("first", "n", "name", window_ms=1_000, q=2_500) is None  # of c both are null
    assert both("first", "n", "price", window_ms=1_000, q=2_500) == (None, Decimal("3.30"))
    assert both("last", "price", "n", q=3_500) == (Decimal("0.10"), 2)
    assert both("first_k", "n", k=3) == (1, 5, 5)
    assert both("last_k", "name", k=3, q=3_500) == ("", "z", "ä")


def test_extreme_events_are_those_of_the_greatest_and_least_by_time_and_id(both: Both) -> None:
    assert both("arg_max", "name", "price", by="n", q=3_500) == ("z", None)  # n = 5 of b and d: the later
    assert both("arg_min", "price", by="ok") == (Decimal("3.30"),)  # ok = false of c and g: the earlier
    assert both("arg_max", "price", by="n", q=3_500) == (Decimal("1.10"),)  # that of d is null


def test_values(both: Both) -> None:
    assert both("count_distinct", "n", q=3_500) == 3
    assert both("value_counts", "ok") == {True: 5, False: 2}
    assert both("value_counts", "n", q=3_500) == {5: 2, 1: 1, 2: 1}
    assert both("top_k", "n", k=2) == (5, 1)
    assert both("top_k", "name", k=9) == ("z", "", "a", "ä", "\uffff", "\U0001f600")


def test_distinct_values_are_exact_to_the_millisecond_unless_delayed(both: Both) -> None:
    assert both("count_distinct", "n", q=10_001, window_ms=1, step_ms=1_000) == 1
    assert both("count_distinct", "n", q=10_002, window_ms=1, delay_ms=1, step_ms=10_000) == 0  # hi = 10000, lo = 10000


def test_new_values_were_not_there_before(both: Both) -> None:
    # In (9000, 10001]: 9, 4 and 7.
    assert both("count_new", "n", q=10_001, window_ms=1_001, keep_ms=9_001) == 3
    assert both("count_new", "n", q=10_000, window_ms=2, keep_ms=9_000) == 2  # 9 came in the window's first millisecond
    # Of (2000, 3000] 2 is new, and 5 only to whoever forgot the first second.
    assert both("count_new", "n", q=3_000, window_ms=1_000, keep_ms=2_000) == 1  # [1000, 2001) is remembered
    assert both("count_new", "n", q=3_000, window_ms=1_000, keep_ms=1_999) == 2


def test_quantiles_are_elements(both: Both) -> None:
    # 1 2 4 5 5 7 9
    assert [both("quantile", "n", p=Fraction(p, 6)) for p in range(7)] == [1, 2, 4, 5, 5, 7, 9]
    assert both("quantile", "n", p=Fraction(59, 60)) == 7  # floor(5.9)
    assert both("quantile", "n") == 5


def test_seconds_since(both: Both) -> None:
    assert both("seconds_since_first") == 19.0
    assert both("seconds_since_last") == 9.999
    assert both("seconds_since_last", where="ok", q=10_000) == 0.001


def test_spread_and_shape(both: Both) -> None:
    # 1 2 4 5 5 7 9: mean 33/7; squares of the distances add up to 318/7
    assert both("mean", "n") == 33 / 7
    assert both("var", "n") == 318 / 42
    assert both("std", "n") == sqrt(318 / 42)
    assert both("skew", "n", q=2_500) is None  # of two
    assert both("skew", "n", q=3_000, where="ok") == pytest.approx(sqrt(6) * 70 / 26**1.5)  # of 1 2 5
    assert both("kurtosis", "n", q=3_000, where="ok") is None  # of three
    assert both("kurtosis", "n", q=3_000) == pytest.approx((60 * 46.828125 / 12.75**2 - 27) / 2)  # of 1 2 5 5


@given(st.lists(st.integers(-1000, 1000), min_size=4, max_size=30, unique=True))
def test_the_formulas_are_those_of_duckdb(numbers: list[int]) -> None:
    xs = [Fraction(n) for n in numbers]
    query = "SELECT var_samp(x), stddev_samp(x), skewness(x), kurtosis(x) FROM (SELECT unnest($x::BIGINT[]) AS x)"
    theirs = duckdb.execute(query, {"x": numbers}).fetchone()
    mine = [moments.var(xs), moments.std(xs), moments.skew(xs), moments.kurtosis(xs)]
    assert theirs == pytest.approx(mine, rel=1e-7, abs=1e-7)  # DuckDB's come from raw powers, in doubles


@given(st.fractions(min_value=0))
def test_a_root_is_the_nearest_double(square: Fraction) -> None:
    found = moments.root(square)
    below, above = (Fraction(found) + Fraction(nextafter(found, to)) for to in (-inf, inf))
    assert (found == 0 or (below / 2) ** 2 <= square) and square <= (above / 2) ** 2


def test_roots_of_squares_are_exact() -> None:
    values: list[Value] = [moments.root(Fraction(n * n, 10**40)) for n in (0, 1, 3, 10**20, 10**39)]
    assert values == [0.0, 1e-20, 3e-20, 1.0, 1e19]
