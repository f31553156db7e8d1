"""Whether some choice of lines comes to given numbers: of every lane its first so many, all lanes together the target.

Subset sum with prefixes for subsets. Few lanes are searched whole, by meeting in the middle: what one half of the lanes
can come to, sorted, against what is then missing of the other half. Of many lanes some are held fast, near the target
and different each time, and the others are searched whole: where there are many lanes there are many right choices, so
that one of them is soon met. Vectors are compared by a linear hash of 64 bits, and what meets is added up exactly.

    lanes  a b c d | e f g h | i j k l m n …
           one half| other   | held fast, at random, so that what is missing can be made up for by a…h
"""

import math
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.int64]
Accept = Callable[[Vectors], bool]

# (Most sums of a half, how often tried.) The last takes half a second a time.
EFFORTS: Final = ((1 << 8, 4), (1 << 12, 4), (1 << 16, 8), (1 << 20, 100))
PASSES: Final = 2


def reachable(lanes: Sequence[Vectors], target: Vectors, accept: Accept, *, seed: int = 0) -> bool | None:
    """Whether a row of each lane can be chosen that add up to the target and are accepted.

    Args:
        lanes: of each lane one row a choice, what its first none, one, two… lines come to; columns are what is added.
        target: what all rows chosen must add up to.
        accept: given the index of the row chosen of each lane; asked where the sums are right.
        seed: of the choices held fast.

    Returns:
        None where no choice was met, and not all were tried.
    """
    totals: Vectors = np.array([lane[-1] for lane in lanes]).reshape(len(lanes), len(target)).sum(axis=0)
    if (target < 0).any() or (target > totals).any():
        return False  # lines bring in nothing negative
    search = _Search(lanes, target, accept, seed)
    for most, times in EFFORTS:
        for _ in range(times):
            if search.attempt(most):
                return True
            if search.was_whole:
                return False
    return None


class _Search:
    def __init__(self, lanes: Sequence[Vectors], target: Vectors, accept: Accept, seed: int) -> None:
        self._lanes = lanes
        self._target = target
        self._accept = accept
        self._draw = np.random.default_rng(seed)
        multipliers = self._draw.integers(1, 1 << 63, len(target), dtype=np.uint64) | np.uint64(1)
        # Sums modulo 2^64: equal vectors have equal hashes, and hashes add up as vectors do.
        self._hashes = [(lane.astype(np.uint64) * multipliers).sum(axis=1, dtype=np.uint64) for lane in lanes]
        self._wanted = (target.astype(np.uint64) * multipliers).sum(dtype=np.uint64)
        self.was_whole = False

    def attempt(self, most: int) -> bool:
        """Search as many lanes whole as halves of so many sums allow; `was_whole` where that was all of them."""
        order = [int(i) for i in self._draw.permutation(len(self._lanes))]
        halves: tuple[list[int], list[int]] = ([], [])
        sizes = [1, 1]
        fast: list[int] = []
        for i in order:
            smaller = sizes.index(min(sizes))
            if sizes[smaller] * len(self._lanes[i]) <= most:
                halves[smaller].append(i)
                sizes[smaller] *= len(self._lanes[i])
            else:
                fast.append(i)
        self.was_whole = not fast
        chosen = self._hold(fast, [*halves[0], *halves[1]])
        one, other = (self._sums(half) for half in halves)
        missing = self._wanted - one
        for i in fast:
            missing -= self._hashes[i][chosen[i]]
        order_of = np.argsort(other)
        ordered = other[order_of]
        start = np.searchsorted(ordered, missing, side="left")
        end = np.searchsorted(ordered, missing, side="right")
        for at in np.flatnonzero(start < end):
            for met in order_of[start[at] : end[at]]:
                for half, index in zip(halves, (int(at), int(met)), strict=True):
                    rows = np.unravel_index(index, [len(self._lanes[i]) for i in half]) if half else ()
                    chosen[half] = [int(row) for row in rows]
                come_to = sum((lane[row] for lane, row in zip(self._lanes, chosen, strict=True)), 0 * self._target)
                if (come_to == self._target).all() and self._accept(chosen):
                    return True
        return False

    def _sums(self, half: Sequence[int]) -> NDArray[np.uint64]:
        sums = np.zeros(1, dtype=np.uint64)
        for i in half:
            sums = (sums[:, None] + self._hashes[i][None, :]).ravel()
        return sums

    def _hold(self, fast: Sequence[int], free: Sequence[int]) -> Vectors:
        """Rows for the lanes held fast, at random; then one after the other brought to where half of what the free
        lanes can come to is missing. Zero for the free ones.
        """
        chosen = np.zeros(len(self._lanes), dtype=np.int64)
        if not fast:
            return chosen
        aim = self._target - sum(self._lanes[i][-1] for i in free) / 2
        scale = np.maximum(sum(lane[-1] for lane in self._lanes) / math.sqrt(len(self._lanes)), 1.0)
        for i in fast:
            chosen[i] = self._draw.integers(len(self._lanes[i]))
        off = sum(self._lanes[i][chosen[i]] for i in fast) - aim
        for _ in range(PASSES):
            for i in self._draw.permutation(np.array(fast)):
                without = off - self._lanes[i][chosen[i]]
                chosen[i] = np.argmin((((without + self._lanes[i]) / scale) ** 2).sum(axis=1))
                off = without + self._lanes[i][chosen[i]]
        return chosen
