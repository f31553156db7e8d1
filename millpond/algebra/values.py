"""The value of every aggregation from its merged state: exact numbers exactly, doubles rounded once."""

import math
import operator
from collections.abc import Callable, Sequence
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any, Final, Literal, TypeAlias

from millpond.algebra import evaluate
from millpond.algebra.marks import value_in
from millpond.algebra.partials import State, scaled
from millpond.algebra.tallies import FIRST, LAST, MARK, Met, Tally, instant
from millpond.plan.model import FeaturePlan
from millpond.plan.partials import LIMB, MARKED, Partial
from millpond.plan.types import INT_MAX, INT_MIN, MAX_DIGITS

Value: TypeAlias = evaluate.Value | tuple[evaluate.Value, ...] | dict[evaluate.Value, int] | None
Flaw: TypeAlias = Literal["", "overflow", "capped"]
_Rule: TypeAlias = Callable[[Sequence[Any], Sequence[Partial], FeaturePlan, int], Any]

ValuedOfMany: TypeAlias = Callable[[Sequence[Sequence[Any]], Sequence[int]], tuple[list[Value], Sequence[Flaw]]]
"""The values, and what is wrong with each; nothing where none has a flaw."""

_TOLD_BY_ONE: Final = frozenset({"count", "sum", "min", "max"})
_WIDE: Final = Context(prec=100)  # as of a state: never rounds
_GREATEST: Final = 10**MAX_DIGITS - 1  # of a sum of decimals, without its point
_ROOT_BITS: Final = 64  # of a root before it is rounded to 53


def value(feature: FeaturePlan, partials: Sequence[Partial], states: Sequence[State], q: int) -> tuple[Value, Flaw]:
    """A feature's value from the merged states of its partials, and what is wrong with it; see `valued`."""
    return valued(feature, partials)(states, q)


def valued(feature: FeaturePlan, partials: Sequence[Partial]) -> Callable[[Sequence[State], int], tuple[Value, Flaw]]:
    """What gives a feature's value from the merged states of its partials and the instant read (ms).

    The value is null and `overflow` where it does not fit its type; it is `capped` where more distinct values were met
    than are kept.

    Args:
        partials: the feature's, in the order of its state.
    """
    rule, told = _VALUE[feature.aggregation], _number_told(feature, partials)

    def of(states: Sequence[State], q: int) -> tuple[Value, Flaw]:
        try:
            result = rule(states, partials, feature, q)
        except OverflowError:  # a quotient of whole numbers beyond the doubles
            return None, "overflow"
        if isinstance(result, int):
            if not INT_MIN <= result <= INT_MAX:
                return None, "overflow"
        elif isinstance(result, float) and not math.isfinite(result):
            return None, "overflow"
        first = states[0]  # a tally is a state of its own
        return result, "capped" if isinstance(first, Tally | Met) and first.is_capped else ""

    if told is None:
        return of
    least, greatest, number = told

    def of_one(states: Sequence[Any], q: int) -> tuple[Value, Flaw]:
        state = states[0]
        if state is None:
            return None, ""
        return (number(state), "") if least <= state <= greatest else of(states, q)

    return of_one


def valued_of_many(feature: FeaturePlan, partials: Sequence[Partial]) -> ValuedOfMany:
    """What gives a feature's values of many entities from the states of each partial, one an entity, and the instants.

    The same as `valued` of each; numbers that are told by one partial are told all at once.
    """
    one, told = valued(feature, partials), _number_told(feature, partials)

    def of_many(columns: Sequence[Sequence[Any]], instants: Sequence[int]) -> tuple[list[Value], Sequence[Flaw]]:
        if told is not None:
            least, greatest, number = told
            known = [state for state in columns[0] if state is not None]
            if not known or (least <= min(known) and max(known) <= greatest):
                return [None if state is None else number(state) for state in columns[0]], ()
        found = [one(states, q) for states, q in zip(zip(*columns, strict=True), instants, strict=True)]
        return [value for value, _ in found], [flaw for _, flaw in found]

    return of_many


def _number_told(
    feature: FeaturePlan, partials: Sequence[Partial]
) -> tuple[int, int, Callable[[int], int | Decimal]] | None:
    """What tells a whole number or a decimal from the state of its one partial, and from where to where it fits."""
    if feature.aggregation not in _TOLD_BY_ONE or len(partials) != 1 or partials[0].function in MARKED:
        return None
    if feature.type.kind == "int":
        return INT_MIN, INT_MAX, lambda state: state
    if feature.type.kind != "decimal":
        return None
    exponent = -feature.type.scale
    return -_GREATEST, _GREATEST, lambda state: _WIDE.scaleb(Decimal(state), exponent)


# --- rules: exact numbers come unscaled ------------------------------------------------------------------------------


def _only(states: Sequence[Any], partials: Sequence[Partial], feature: FeaturePlan, _q: int) -> Any:
    (state,) = states
    (partial,) = partials
    if state is None:
        return None
    return _told(state, partial, 0) if partial.function in MARKED else scaled(state, feature.type)


def _sum(states: Sequence[Any], partials: Sequence[Partial], feature: FeaturePlan, _q: int) -> Any:
    (total,) = _power_sums(states, partials)
    if feature.type.kind == "decimal" and abs(total) > _GREATEST:
        raise OverflowError
    return scaled(total, feature.type)


def _mean(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    (total,), count = _power_sums(states[:-1], partials[:-1]), states[-1]
    # Division of two Python ints is correctly rounded (PEP 238), whatever their size.
    return total / (count * 10 ** _scale(partials[0])) if count else None


def _scale(total: Partial) -> int:
    """Of the values that are summed."""
    assert total.value is not None, "it is over values"
    return total.value.type.scale


def _var(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    found = _variance(states, partials)
    return None if found is None else quotient(found.numerator, found.denominator)


def _std(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    found = _variance(states, partials)
    return None if found is None else root(found)


def _variance(states: Sequence[Any], partials: Sequence[Partial]) -> Fraction | None:
    """The sample variance: (n S2 - S1**2) / (n (n - 1))."""
    n, (s1, s2) = states[0], _power_sums(states[1:], partials[1:])
    if n < 2:
        return None
    return Fraction(n * s2 - s1 * s1, n * (n - 1) * 100 ** _scale(partials[1]))


def _skew(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    """The sample skewness G1 = sqrt(n (n - 1)) / (n - 2) * m3 / m2**1.5 (Joanes and Gill 1998), of any unit.

    With a = n**2 m2 and b = n**3 m3 the powers of n cancel: its square is n (n - 1) / (n - 2)**2 * b**2 / a**3.
    """
    n, (s1, s2, s3) = states[0], _power_sums(states[1:], partials[1:])
    a = n * s2 - s1 * s1
    if n < 3 or a == 0:
        return None
    b = n * n * s3 - 3 * n * s1 * s2 + 2 * s1**3
    size = root(Fraction(n * (n - 1) * b * b, (n - 2) ** 2 * a**3))
    return size if b >= 0 else -size


def _kurtosis(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    """The sample excess kurtosis G2 = (n - 1) / ((n - 2) (n - 3)) * ((n + 1) (m4 / m2**2 - 3) + 6) (the same)."""
    n, (s1, s2, s3, s4) = states[0], _power_sums(states[1:], partials[1:])
    a = n * s2 - s1 * s1
    if n < 4 or a == 0:
        return None
    c = n**3 * s4 - 4 * n * n * s1 * s3 + 6 * n * s1 * s1 * s2 - 3 * s1**4
    found = Fraction(n - 1, (n - 2) * (n - 3)) * ((n + 1) * (Fraction(c, a * a) - 3) + 6)
    return quotient(found.numerator, found.denominator)


def _power_sums(states: Sequence[Any], partials: Sequence[Partial]) -> list[Any]:
    """The sums of the first, second ... powers, limbs put together."""
    sums: list[Any] = []
    for state, partial in zip(states, partials, strict=True):
        if partial.limb == 0:
            sums.append(0)
        sums[-1] += state * LIMB**partial.limb if partial.power else state
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
    return quotient(2 * found + inexact, 1 << places + 1)


def quotient(over: int, under: int) -> float:
    """Of two whole numbers, rounded once. Compiled, `/` first makes doubles of those that take 62 bits at most."""
    return float(operator.truediv(over, under))


def _field(states: Sequence[Any], partials: Sequence[Partial], feature: FeaturePlan, _q: int) -> Any:
    (state,) = states
    (partial,) = partials
    return None if state is None else _told(state, partial, len(partial.order) + feature.place)


def _told(mark: str, partial: Partial, number: int) -> evaluate.Value | None:
    """What a mark says, by its number: first its order, then its fields."""
    return value_in(mark, [tree.type for tree in partial.order], [tree.type for tree in partial.fields], number)


def _seconds_since(states: Sequence[Any], _partials: Sequence[Partial], _feature: FeaturePlan, q: int) -> Any:
    (instant,) = states
    return None if instant is None else (q - instant) / 1000


def _several(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    (marks,) = states
    (partial,) = partials
    return None if marks is None else tuple(_told(mark, partial, len(partial.order)) for mark in marks)


def _count_distinct(states: Sequence[Any], _partials: Sequence[Partial], feature: FeaturePlan, q: int) -> Any:
    """Of an undelayed window, the values met in (q - W, q]: whatever the tiles, each tells when it was met last."""
    (tally,) = states
    if tally is None:
        return 0
    if isinstance(tally, Met):
        return len(tally.marks)
    window = feature.window
    lo = instant(0 if window.size_ms is None or window.delay_ms else q - window.size_ms + 1)
    return len({entry[MARK] for entry in tally.entries if entry[LAST:] >= lo})


def _count_new(states: Sequence[Any], _partials: Sequence[Partial], feature: FeaturePlan, q: int) -> Any:
    """The values met in (q - W, q] and not in [q - keep, q - W].

       q - keep                      lo = q - W + 1         q
    ---[===|=========|=========|=====)=====|=========|======]---> ts

    The two ends that are cut lie in different tiles, so that of either a tile's first and last tell on which side of it
    the value was met.
    """
    (tally,) = states
    if tally is None:
        return 0
    assert feature.window.size_ms is not None, "new since when?"
    lo, since = instant(q - feature.window.size_ms + 1), instant(q - feature.parameters.keep_ms)
    within = {entry[MARK] for entry in tally.entries if entry[LAST:] >= lo}
    before = {entry[MARK] for entry in tally.entries if entry[FIRST:LAST] < lo and entry[LAST:] >= since}
    return len(within - before)


def _top_k(states: Sequence[Any], partials: Sequence[Partial], feature: FeaturePlan, _q: int) -> Any:
    (tally,) = states
    if tally is None:
        return None
    counts = tally.counts()
    marks = sorted(counts, key=lambda mark: (-counts[mark], mark))[: feature.parameters.k]
    return tuple(_told(mark, partials[0], 0) for mark in marks)


def _value_counts(states: Sequence[Any], partials: Sequence[Partial], _feature: FeaturePlan, _q: int) -> Any:
    (tally,) = states
    return None if tally is None else {_told(mark, partials[0], 0): n for mark, n in sorted(tally.counts().items())}


def _quantile(states: Sequence[Any], partials: Sequence[Partial], feature: FeaturePlan, _q: int) -> Any:
    """The middle of the bucket of the value of rank floor(p (n - 1)), from 0."""
    (tally,) = states
    if tally is None:
        return None
    counts = tally.counts()
    rank = int(Fraction(feature.parameters.p) * (counts.total() - 1))
    for mark in sorted(counts):
        rank -= counts[mark]
        if rank < 0:
            return _told(mark, partials[0], 0)
    raise AssertionError("a rank is less than there are values")


OF_THE_INSTANT: Final = frozenset({"count_distinct", "count_new", "seconds_since_first", "seconds_since_last"})
"""Aggregations whose value moves with the instant read, though their states stay."""

_VALUE: Final[dict[str, _Rule]] = {
    "count": _only,
    "sum": _sum,
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
    "first_k": _several,
    "last_k": _several,
    "count_distinct": _count_distinct,
    "count_new": _count_new,
    "top_k": _top_k,
    "value_counts": _value_counts,
    "quantile": _quantile,
    "seconds_since_first": _seconds_since,
    "seconds_since_last": _seconds_since,
}
