"""Buckets of doubles."""

import math
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.buckets import ERROR, bucket

NORMAL = 2.2250738585072014e-308
DOUBLES = st.floats(allow_nan=False, allow_infinity=False)


@given(DOUBLES.filter(lambda x: abs(x) >= NORMAL))
def test_a_buckets_middle_is_near_every_value_in_it(value: float) -> None:
    assert abs(Fraction(bucket(value)) - Fraction(value)) <= Fraction(ERROR) * abs(Fraction(value))
    assert bucket(bucket(value)) == bucket(value)
    assert bucket(-value) == -bucket(value)
    assert math.isfinite(bucket(value))


@given(DOUBLES, DOUBLES)
def test_buckets_are_in_the_order_of_their_values(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert bucket(low) <= bucket(high)


def test_zero_is_a_bucket_of_its_own() -> None:
    assert bucket(0.0) == 0.0
    assert math.copysign(1, bucket(-0.0)) == 1
    assert bucket(5e-324) > 0


def test_there_are_64_between_a_number_and_its_double() -> None:
    assert len({bucket(1 + i / 1024) for i in range(1024)}) == 64
