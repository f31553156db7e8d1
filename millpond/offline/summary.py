"""How a place's values are distributed over many vectors, in a few numbers and a small histogram."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from millpond.algebra.values import Value
from millpond.plan.types import Type
from millpond.serve.status import Status
from millpond.serve.vector import Vector

BINS: Final = 24
MOST: Final = 5  # values of a text that are told one by one
Number = int | float | Decimal


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Of numbers; of lists and counts, of how many there are in each.

    Attributes:
        quartiles: least, first quartile, median, third quartile and greatest, each one of the values: that of rank
            floor(p (n - 1)), from 0.
        bins: how many values lie in each of BINS equal parts from the least to the greatest; where of more than a
            hundred all but one in a hundred are much smaller than that, up to those, and the last one holds the rest.
        edges: from where to where the bins lie.
        is_cut: the last bin holds greater ones, too.
    """

    quartiles: tuple[Number, Number, Number, Number, Number]
    bins: tuple[int, ...]
    edges: tuple[float, float]
    is_cut: bool


@dataclass(frozen=True, kw_only=True)
class Texts:
    """Of texts and booleans.

    Attributes:
        distinct: how many there are.
        most: the most frequent ones, and how often each is met.
    """

    distinct: int
    most: tuple[tuple[str, int], ...]


@dataclass(frozen=True, kw_only=True)
class Summary:
    """Of one place.

    Attributes:
        count: how many vectors.
        nulls: in how many of them it is null.
        statuses: how many of them say what, most first.
        of: None where all are null.
    """

    count: int
    nulls: int
    statuses: tuple[tuple[Status, int], ...]
    of: Numbers | Texts | None


def summary(vectors: Sequence[Vector], place: int, type: Type) -> Summary:
    """What a place holds over some vectors of one set."""
    values = [value for vector in vectors if (value := vector.values[place]) is not None]
    statuses = Counter(vector.statuses[place] for vector in vectors)
    return Summary(
        count=len(vectors),
        nulls=len(vectors) - len(values),
        statuses=tuple(statuses.most_common()),
        of=_of(values, type) if values else None,
    )


def series(vectors: Sequence[Vector], place: int, type: Type) -> list[Number | None]:
    """What a place holds, vector by vector, as numbers: of lists and counts how many there are; texts are none."""
    if is_told(type):
        return []
    return [None if (value := vector.values[place]) is None else _number(value) for vector in vectors]


def is_told(type: Type) -> bool:
    """Whether values of a type are told one by one, being no numbers."""
    return type.many is None and type.kind in ("string", "boolean")


def _of(values: Sequence[Value], type: Type) -> Numbers | Texts:
    if is_told(type):
        counts = Counter(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
        return Texts(distinct=len(counts), most=tuple(counts.most_common(MOST)))
    return numbers([_number(value) for value in values])


def _number(value: Value) -> Number:
    if isinstance(value, tuple | dict):
        return len(value)
    assert isinstance(value, int | float | Decimal), "texts are told"
    return value


def numbers(values: Sequence[Number]) -> Numbers:
    """The distribution of at least one number."""
    ranked = sorted(values)
    last = len(ranked) - 1
    least, greatest, near = float(ranked[0]), float(ranked[-1]), float(ranked[last * 99 // 100])
    is_cut = last >= 100 and greatest - least > 2 * (near - least) > 0
    high = near if is_cut else greatest
    bins = [0] * BINS
    for value in ranked:
        share = (float(value) - least) / (high - least) if high > least else 0.0
        bins[min(BINS - 1, int(share * BINS))] += 1
    return Numbers(
        quartiles=(ranked[0], ranked[last // 4], ranked[last // 2], ranked[last * 3 // 4], ranked[last]),
        bins=tuple(bins),
        edges=(least, high),
        is_cut=is_cut,
    )
