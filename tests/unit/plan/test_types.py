"""Types by their spelling."""

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.errors import PlanError
from millpond.plan.types import BOOLEAN, DOUBLE, INT, STRING, TIMESTAMP, Type

DECIMALS = st.integers(1, 38).flatmap(lambda p: st.tuples(st.just(p), st.integers(0, p)))
TYPES = st.sampled_from([INT, DOUBLE, STRING, BOOLEAN, TIMESTAMP]) | DECIMALS.map(lambda d: Type("decimal", *d))


@given(TYPES)
def test_a_type_is_its_spelling(type: Type) -> None:
    assert Type.parse(str(type)) == type
    assert hash(Type.parse(str(type))) == hash(type)
    assert eval(repr(type), {"Type": Type}) == copy.deepcopy(type) == type


@given(TYPES, TYPES)
def test_types_are_equal_where_their_spellings_are(a: Type, b: Type) -> None:
    assert (a == b) == (str(a) == str(b))


@pytest.mark.parametrize(
    "text", ["", "integer", "Int", "decimal", "decimal(0,0)", "decimal(39,0)", "decimal(5,6)", "decimal(5, 2)", "int "]
)
def test_another_spelling_is_no_type(text: str) -> None:
    with pytest.raises(PlanError):
        Type.parse(text)


def test_a_type_is_frozen() -> None:
    with pytest.raises(AttributeError, match="frozen"):
        INT.kind = "double"


def test_exact_numbers_have_a_decimal_that_holds_them() -> None:
    assert INT.as_decimal == Type.parse("decimal(19,0)")
    assert len(str(2**63)) == 19
    with pytest.raises(PlanError):
        _ = DOUBLE.as_decimal


def test_only_numbers_are_numeric_and_only_doubles_of_them_are_rounded() -> None:
    money = Type.parse("decimal(10,2)")

    assert [t for t in (INT, money, DOUBLE, STRING, BOOLEAN, TIMESTAMP) if t.is_numeric] == [INT, money, DOUBLE]
    assert [t for t in (INT, money, DOUBLE) if t.is_exact] == [INT, money]
