"""Buckets of doubles: 64 between one power of two and the next, each told by its middle.

    |----+----|----+----|  ...  |----+----|
    2^e  middle                         2^(e+1)

A bucket is 2^e / 64 wide, so the middle is off by at most 1/128 of the value: less than one percent. Made of the bits
alone, it is the same everywhere (jobs/java/millpond/Bucket.java). A subnormal number may be off by more: by 2^-1029.
"""

import struct
from typing import Final

import numpy as np
import numpy.typing as npt

ERROR: Final = 1 / 128  # at most, of the value
_WITHIN: Final = (1 << 46) - 1
_HALF: Final = 1 << 45


def bucket(value: float) -> float:
    """The middle of the value's bucket; zero is its own."""
    if value == 0:
        return 0.0
    (bits,) = struct.unpack("<q", struct.pack("<d", value))
    (middle,) = struct.unpack("<d", struct.pack("<q", bits & ~_WITHIN | _HALF))
    return float(middle)


def buckets(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same of many values."""
    bits = values.view(np.int64) & ~_WITHIN | _HALF
    return np.where(values == 0, 0.0, bits.view(np.float64))
