"""A mark's order is that of its values, and its values come back."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.marks import mark, value_in
from millpond.plan.types import BOOLEAN, DOUBLE, INT, INT_MAX, INT_MIN, STRING, TIMESTAMP, Type

WIDE = Type("decimal", 38, 10)
ODD = st.lists(
    st.sampled_from(["\0", "\1", "\2", "a", "é", "e\u0301", "\U0001f600", "\uffff", "\uffee", ":", "{", "|"]),
    max_size=4,
).map("".join)
OF: dict[Type, st.SearchStrategy[Any]] = {
    INT: st.sampled_from([INT_MIN, -1, 0, 1, INT_MAX]) | st.integers(INT_MIN, INT_MAX),
    TIMESTAMP: st.integers(0, 253_402_300_799_999),
    WIDE: st.decimals(Decimal(10) ** 28 * -1 + 1, Decimal(10) ** 28 - 1, places=10),
    DOUBLE: st.floats(allow_nan=False, allow_infinity=False),
    BOOLEAN: st.booleans(),
    STRING: ODD,
}
TYPED = st.sampled_from(list(OF)).flatmap(lambda type: st.tuples(OF[type], OF[type], st.just(type)))


def comparable(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else value


@given(st.lists(TYPED, min_size=1, max_size=4))
def test_marks_are_ordered_as_their_values_are_one_after_the_other(pairs: list[tuple[Any, Any, Type]]) -> None:
    one = mark([(value, type) for value, _, type in pairs], [])
    other = mark([(value, type) for _, value, type in pairs], [])
    left, right = ([comparable(pair[side]) for pair in pairs] for side in (0, 1))
    assert one is not None
    assert other is not None
    assert (one.encode() < other.encode(), one == other) == (left < right, left == right)
    # Flink compares texts that it has not laid out as bytes yet as Java does.
    assert (one.encode("utf-16-be") < other.encode("utf-16-be")) == (left < right)


@given(st.lists(TYPED, min_size=1, max_size=3), st.lists(TYPED, min_size=1, max_size=3), st.sets(st.integers(0, 2)))
def test_values_come_back(order: list[Any], fields: list[Any], nulls: set[int]) -> None:
    told = [(None if at in nulls else value, type) for at, (value, _, type) in enumerate(fields)]
    text = mark([(value, type) for value, _, type in order], told)
    if all(value is None for value, _ in told):
        assert text is None
        return

    assert text is not None
    types = [type for *_, type in order], [type for _, type in told]
    back = [value_in(text, *types, number) for number in range(len(order) + len(told))]
    assert back == [*(value for value, *_ in order), *(value for value, _ in told)]


def test_an_event_without_its_place_has_no_mark() -> None:
    assert mark([(None, INT), (1, INT)], []) is None
    assert mark([(1, INT)], [(None, INT), (None, STRING)]) is None
    assert mark([(1, INT)], [(None, INT), ("", STRING)]) is not None


@pytest.mark.parametrize("text", ["", "2" + "0" * 16, "1" + "0" * 17, "0" * 15])
def test_what_is_no_mark_of_the_types_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - int() tells some of it
        value_in(text, [], [INT], 0)


def test_negative_zero_is_zero() -> None:
    assert mark([(-0.0, DOUBLE)], []) == mark([(0.0, DOUBLE)], [])
