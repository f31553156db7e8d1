"""The value of every aggregation from its merged state: exact numbers exactly, doubles rounded once."""

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any, Final, TypeAlias

from millpond.algebra import evaluate
from millpond.algebra.marks import unmarked
from millpond.algebra.partials import State, scaled
from millpond.plan.model import FeaturePlan
from millpond.plan.partials import LIMB, MARKED, Partial
from millpond.plan.types import INT_MAX, INT_MIN

Value: TypeAlias = evaluate.Value | None
_Rule: TypeAlias = Callable[[Sequence[Any], Sequence[Partial], FeaturePlan, int], Any]

_ROOT_BITS: Final = 64  # of a root before it is rounded to 53


def value(feature: FeaturePlan, partials: Sequence[Partial], states: Sequence[State], q: int) -> tuple[Value, bool]:
    """A feature's value from the merged states of its partials, and whether it overflowed its type (then null).

    Args:
        partials: the feature's, in the order of its state.
        states: one each.
        q: the instant read (ms).
    """
    try:
        result = _VALUE[feature.aggregation](states, partials, feature, q)
    except OverflowError:  # a quotient of whole numbers beyond the doubles
        return None, True
    if result is None:
        return None, False
    if isinstance(result, float) and not math.isfinite(result):
        return None, True
    if feature.type.kind == "int" and not INT_MIN <= result <= INT_MAX:
        return None, True
    return result, False


# --- rules: exact numbers come unscaled ------------------------------------------------------------------------------


def _only(states: Sequence[Any], partials: Sequence[Partial], feature: FeaturePlan, _q: int) -> Any:
    (state,) = states
    (partial,) = partials
    if state is None:
        return None
    return _told(state, partial)[0] if partial.function in MARKED else scaled(state, feature.type)


def _mean(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    total, count = states
    # Division of two Python ints is correctly rounded (PEP 238), whatever their size.
    return total / (count * 10 ** partials[0].type.scale) if count else None


def _var(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    found = _variance(states, partials)
    return None if found is None else found.numerator / found.denominator


def _std(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    found = _variance(states, partials)
    return None if found is None else root(found)


def _variance(states: Sequence[Any], partials: Sequence[Partial]) -> Fraction | None:
    """The sample variance: (n S2 - S1**2) / (n (n - 1))."""
    n, s1, s2 = _power_sums(states, partials)
    if n < 2:
        return None
    return Fraction(n * s2 - s1 * s1, n * (n - 1) * 100 ** partials[1].type.scale)


def _skew(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    """The sample skewness G1 = sqrt(n (n - 1)) / (n - 2) * m3 / m2**1.5 (Joanes and Gill 1998), of any unit.

    With a = n**2 m2 and b = n**3 m3 the powers of n cancel: its square is n (n - 1) / (n - 2)**2 * b**2 / a**3.
    """
    n, s1, s2, s3 = _power_sums(states, partials)
    a = n * s2 - s1 * s1
    if n < 3 or a == 0:
        return None
    b = n * n * s3 - 3 * n * s1 * s2 + 2 * s1**3
    size = root(Fraction(n * (n - 1) * b * b, (n - 2) ** 2 * a**3))
    return size if b >= 0 else -size


def _kurtosis(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    """The sample excess kurtosis G2 = (n - 1) / ((n - 2) (n - 3)) * ((n + 1) (m4 / m2**2 - 3) + 6) (the same)."""
    n, s1, s2, s3, s4 = _power_sums(states, partials)
    a = n * s2 - s1 * s1
    if n < 4 or a == 0:
        return None
    c = n**3 * s4 - 4 * n * n * s1 * s3 + 6 * n * s1 * s1 * s2 - 3 * s1**4
    found = Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * (Fraction(c, a * a) - 3) + 6)
    return found.numerator / found.denominator


def _power_sums(states: Sequence[Any], partials: Sequence[Partial]) -> list[int]:
    """The count, and the sums of the first, second ... powers, limbs put together."""
    sums = list(states[:2])
    for state, partial in zip(states[2:], partials[2:], strict=True):
        if partial.limb == 0:
            sums.append(0)
        sums[-1] += state * LIMB**partial.limb
    return sums


def root(square: Fraction) -> float:
    """The square root, rounded once (to nearest, ties to even).

    Of the root so many bits are computed exactly that what is left can only matter as a last bit that is not zero.
    """
    if not square:
        return 0.0
    over, under = square.numerator, square.denominator
    places = max(0, _ROOT_BITS - (over.bit_length() - under.bit_length()) // 2)
    whole, rest = divmod(over << 2 * places, under)
    found = math.isqrt(whole)
    inexact = rest != 0 or found * found != whole
    return (2 * found + inexact) / (1 << places + 1)


def _field(states: Sequence[Any], partials: Sequence[Partial], feature: FeaturePlan, _q: int) -> Any:
    (state,) = states
    (partial,) = partials
    return None if state is None else _told(state, partial)[len(partial.order) + feature.place]


def _told(mark: str, partial: Partial) -> tuple[Value, ...]:
    return unmarked(mark, [tree.type for tree in partial.order], [tree.type for tree in partial.fields])


def _seconds_since(states: Sequence[Any], _partials: Sequence[Partial], _feature: FeaturePlan, q: int) -> Any:
    (instant,) = states
    return None if instant is None else (q - instant) / 1000


_VALUE: Final[dict[str, _Rule]] = {
    "count": _only,
    "sum": _only,
    "mean": _mean,
    "min": _only,
    "max": _only,
    "var": _var,
    "std": _std,
    "skew": _skew,
    "kurtosis": _kurtosis,
    "first": _field,
    "last": _field,
    "arg_min": _field,
    "arg_max": _field,
    "seconds_since_first": _seconds_since,
    "seconds_since_last": _seconds_since,
}
