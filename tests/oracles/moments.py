"""Spread and shape of exact numbers, by their definitions over fractions; a double only at the very end.

Each is the double nearest to the exact number, where m_k is the k-th central moment, sum((x - mean)**k) / n.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import isqrt

_BITS = 128
"""Kept of a root: 53 are a double's, and one more bit that says "there was a rest" makes the rounding right."""


def mean(xs: Sequence[Fraction]) -> float | None:
    """The arithmetic mean; null of nothing."""
    return float(sum(xs) / len(xs)) if xs else None


def var(xs: Sequence[Fraction]) -> float | None:
    """The sample variance, n - 1 beneath; null of fewer than two."""
    return float(_variance(xs)) if len(xs) > 1 else None


def std(xs: Sequence[Fraction]) -> float | None:
    """The root of the sample variance; null of fewer than two."""
    return root(_variance(xs)) if len(xs) > 1 else None


def skew(xs: Sequence[Fraction]) -> float | None:
    """G1 = sqrt(n (n - 1)) / (n - 2) * m3 / m2**1.5: pandas' skew(), DuckDB's skewness(); null of fewer than three."""
    n = len(xs)
    if n < 3 or (m2 := _moment(xs, 2)) == 0:
        return None
    m3 = _moment(xs, 3)
    size = root(Fraction(n * (n - 1), (n - 2) ** 2) * m3**2 / m2**3)
    return -size if m3 < 0 else size


def kurtosis(xs: Sequence[Fraction]) -> float | None:
    """G2 = (n - 1) / ((n - 2) (n - 3)) * ((n + 1) (m4 / m2**2 - 3) + 6): pandas' kurt(), DuckDB's kurtosis().

    Null of fewer than four.
    """
    n = len(xs)
    if n < 4 or (m2 := _moment(xs, 2)) == 0:
        return None
    excess = _moment(xs, 4) / m2**2 - 3
    return float(Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * excess + 6))


def root(square: Fraction) -> float:
    """The double nearest to a square root."""
    # As much is shifted in as makes the whole part of the root at least _BITS long.
    short = max(0, 2 * _BITS + square.denominator.bit_length() - square.numerator.bit_length())
    shift = (short + 1) // 2
    whole, rest = divmod(square.numerator << 2 * shift, square.denominator)
    kept = isqrt(whole)
    beyond = rest != 0 or kept * kept != whole
    return (2 * kept + beyond) / (1 << shift + 1)  # of two ints: Python rounds it right (PEP 238)


def _moment(xs: Sequence[Fraction], k: int) -> Fraction:
    centre = sum(xs, Fraction(0)) / len(xs)
    return sum(((x - centre) ** k for x in xs), Fraction(0)) / len(xs)


def _variance(xs: Sequence[Fraction]) -> Fraction:
    return _moment(xs, 2) * len(xs) / (len(xs) - 1)
