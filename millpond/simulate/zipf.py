"""Picks of which few get most: the n-th of the items has the weight n to the power of -exponent."""

from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random
from typing import Generic, TypeVar

T = TypeVar("T")


class Zipf(Generic[T]):
    """Items to pick from, the most frequent first.

    Args:
        items: at least one.
        exponent: 0 picks all alike; 1 is Zipf's law.
    """

    def __init__(self, items: Sequence[T], exponent: float) -> None:
        self.items = items
        # accumulate adds one after the other; sum() of floats differs between Python 3.11 and 3.12.
        self._up_to = list(accumulate((rank + 1) ** -exponent for rank in range(len(items))))
        self._last = len(items) - 1

    def pick(self, rng: Random) -> T:
        """One of the items."""
        return self.items[bisect(self._up_to, rng.random() * self._up_to[-1], hi=self._last)]
