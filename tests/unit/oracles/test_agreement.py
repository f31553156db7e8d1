"""The oracle in Python and the oracle in SQL say the same of the same events."""

import math
from collections.abc import Callable, Iterator
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final, get_args

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.oracles import aggregations
from tests.oracles.aggregations_sql import SqlOracle
from tests.oracles.asked import Answer, Asked, Event, Kind
from tests.unit.oracles.happened import ORDERED, TYPES, WILD_DOUBLES, Happened, histories, instants

IN_DOUBLES: Final[tuple[Kind, ...]] = ("sum", "mean", "var", "std", "skew", "kurtosis")
OF_NUMBERS: Final[tuple[Kind, ...]] = (*IN_DOUBLES, "quantile")
OF_ORDERED: Final[tuple[Kind, ...]] = ("min", "max")
OF_ALL: Final[tuple[Kind, ...]] = (
    "count", "count_values", "first", "last", "first_k", "last_k", "count_distinct", "count_new", "top_k",
    "value_counts", "seconds_since_first", "seconds_since_last",
)  # fmt: skip
OF_TWO: Final[tuple[Kind, ...]] = ("arg_max", "arg_min")

EXAMPLES: Final = 10  # of some twenty questions to up to eight entities each
STARTS: Final = st.sampled_from([0, 3, 1_700_000_000_000])  # windows that reach before 1970 too


InSql = Callable[[Happened], SqlOracle]


@pytest.fixture(scope="module")
def in_sql() -> Iterator[InSql]:
    with duckdb.connect(config={"threads": 1}) as db:
        yield lambda happened: happened.oracle(db)


def kinds_over(type: str) -> tuple[Kind, ...]:
    if type == "BOOLEAN":
        return OF_ALL
    return OF_ALL + OF_ORDERED + (() if type in ("VARCHAR", "TIMESTAMP") else OF_NUMBERS)


@st.composite
def asked_of(draw: st.DrawFn, kind: Kind, *, by: str | None = None) -> Asked:
    """Windows of 1 to 40 ms in tiles of 1, 5 or 20: every third bound lies on an edge."""
    window = draw(st.integers(1, 40))
    new = kind == "count_new"
    return Asked(
        kind=kind,
        window_ms=window if new else draw(st.none() | st.just(window)),
        delay_ms=0 if new else draw(st.just(0) | st.integers(1, 25)),
        step_ms=draw(st.sampled_from([1, 5, 20])),
        fields=("x", "z") if kind in ("first", "last", *OF_TWO) and draw(st.booleans()) else ("x",),
        where=draw(st.sampled_from([None, "counts"])),
        by=by,
        k=draw(st.integers(1, 4)),
        p=draw(st.sampled_from([Fraction(0), Fraction(1, 10), Fraction(1, 2), Fraction("0.95"), Fraction(1)])),
        keep_ms=window + draw(st.integers(0, 40)) if new else 0,
    )


def same(asked: Asked, mine: Answer, theirs: Answer, *, exactly: bool) -> bool:
    """Equal; or within 1e-9 of each other, where SQL computes in doubles."""
    if exactly or not isinstance(mine, float) or not isinstance(theirs, float):
        return mine == theirs and isinstance(mine, float) == isinstance(theirs, float)
    return math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-9)


def spelt(answer: Any) -> str:
    """With the sign of zero, which == does not tell."""
    return repr(answer)


def test_every_kind_is_compared() -> None:
    assert set(OF_ALL + OF_ORDERED + OF_NUMBERS + OF_TWO) == set(get_args(Kind))


@pytest.mark.parametrize("ids", [True, False], ids=["ids", "no ids"])
@pytest.mark.parametrize("type", TYPES)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_of_one_column(in_sql: InSql, type: str, ids: bool, data: st.DataObject) -> None:
    at = data.draw(STARTS)
    columns = {"x": TYPES[type], "z": TYPES["VARCHAR"], "counts": TYPES["BOOLEAN"]}
    events = data.draw(histories(columns, ids=ids, at=at))
    wanted = data.draw(instants(at))
    oracle = in_sql(Happened(events, {"x": type, "z": "VARCHAR", "counts": "BOOLEAN"}, ids))
    for kind in kinds_over(type):
        asked = data.draw(asked_of(kind))
        exactly = type != "DOUBLE" or kind not in IN_DOUBLES
        for mine, theirs in zip(
            aggregations.answers(asked, events, wanted), oracle.answers(asked, wanted), strict=True
        ):
            assert same(asked, mine, theirs, exactly=exactly), f"{asked}: {mine!r} or {theirs!r}"


@pytest.mark.parametrize("ids", [True, False], ids=["ids", "no ids"])
@pytest.mark.parametrize("by", ORDERED)
@settings(max_examples=EXAMPLES)
@given(data=st.data())
def test_of_a_column_by_another(in_sql: InSql, by: str, ids: bool, data: st.DataObject) -> None:
    at = data.draw(STARTS)
    columns = {"x": TYPES["DECIMAL(38,2)"], "y": TYPES[by], "z": TYPES["VARCHAR"], "counts": TYPES["BOOLEAN"]}
    types = {"x": "DECIMAL(38,2)", "y": by, "z": "VARCHAR", "counts": "BOOLEAN"}
    events = data.draw(histories(columns, ids=ids, at=at))
    wanted = data.draw(instants(at))
    oracle = in_sql(Happened(events, types, ids))
    for kind in OF_TWO:
        asked = data.draw(asked_of(kind, by="y"))
        assert aggregations.answers(asked, events, wanted) == oracle.answers(asked, wanted), asked


@settings(max_examples=15)
@given(data=st.data())
def test_of_doubles_at_the_ends_of_their_range(in_sql: InSql, data: st.DataObject) -> None:
    events = data.draw(histories({"x": WILD_DOUBLES, "z": WILD_DOUBLES, "counts": TYPES["BOOLEAN"]}, ids=True))
    wanted = data.draw(instants(0))
    oracle = in_sql(Happened(events, {"x": "DOUBLE", "z": "DOUBLE", "counts": "BOOLEAN"}))
    for kind in (*OF_ALL, *OF_ORDERED, "quantile"):
        asked = data.draw(asked_of(kind))
        mine, theirs = aggregations.answers(asked, events, wanted), oracle.answers(asked, wanted)
        if kind == "value_counts":
            assert mine == theirs
        else:
            assert spelt(mine) == spelt(theirs), asked


@given(st.lists(st.integers(-(10**9), 10**9) | st.integers(1 - 10**38, 10**38 - 1), min_size=4, max_size=12))
@settings(max_examples=40)
def test_moments_of_whole_numbers_of_any_length(in_sql: InSql, numbers: list[int]) -> None:
    """Rounded right on both ways: from central moments and an integer root, from power sums and decimal digits."""
    events = tuple(Event(("k",), i, f"{i:02}", {"x": Decimal(number)}) for i, number in enumerate(numbers))
    oracle = in_sql(Happened(events, {"x": "DECIMAL(38,0)"}))
    for kind in IN_DOUBLES:
        asked = Asked(kind=kind, window_ms=None, fields=("x",))
        assert aggregations.answers(asked, events, [(("k",), 20)]) == oracle.answers(asked, [(("k",), 20)]), asked
