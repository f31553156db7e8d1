"""What is held of a view at a load: hashes in the store, and open tiles in Flink's state; told by a model or counted.

Whoever counts fills these in; store_bytes.py and state_bytes.py say what they weigh.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from millpond.plan.partials import Partial

Floats: TypeAlias = npt.NDArray[np.float64]

COUNTED: int = 36  # of a tally beside each mark: how many, when first and when last, in hexadecimal
BETWEEN: int = 4  # bytes between two marks, U+FFFF and U+0003


@dataclass(frozen=True, kw_only=True)
class Marks:
    """What the tiles of a part keep for one partial, on average over those tiles.

    Attributes:
        number: of marks in a tile.
        size: of all of them together, in bytes of UTF-8.
    """

    number: float
    size: float

    def text_bytes(self, partial: Partial) -> float:
        """Of the text that stands in a record."""
        if not self.number:
            return 0.0
        counted = 1 + COUNTED * self.number if partial.function == "tally" else 0
        return self.size + counted + BETWEEN * max(0.0, self.number - 1)


@dataclass(frozen=True, kw_only=True)
class Hashes:
    """The hashes of one part, in groups of like ones.

    Attributes:
        count: of hashes in a group.
        entries: of each of them.
        record: mean bytes of their records.
        events: mean bytes of what stands beside each in a hash of its own; None where tiles keep no events.
        key_bytes: mean length of an entity's key, as it stands between the braces.
    """

    count: Floats
    entries: Floats
    record: Floats
    events: Floats | None
    key_bytes: float


@dataclass(frozen=True, kw_only=True)
class OpenTiles:
    """The tiles of one level that Flink holds.

    Attributes:
        count: how many.
        marks: by partial, of those that keep any.
    """

    count: float
    marks: Mapping[str, Marks]


@dataclass(frozen=True, kw_only=True)
class Part:
    """One level of a view, or its lifetime."""

    hashes: Hashes
    tiles: OpenTiles


@dataclass(frozen=True, kw_only=True)
class HeldView:
    """A view at a load.

    Attributes:
        parts: by name, as in the store: `1h`, `lifetime`.
        text_bytes: mean length of each of its key columns that is a text.
        coalesced: rows of tiles an event gives once those of one mini-batch and tile are put together.
    """

    parts: Mapping[str, Part]
    text_bytes: tuple[float, ...]
    coalesced: float


@dataclass(frozen=True, kw_only=True)
class HeldEvents:
    """The events of a source of which its jobs remember that they came.

    Attributes:
        count: in each job.
        id_bytes: mean length of an event's id; 0 where it is no text.
    """

    count: float
    id_bytes: float
