"""The events that a tile keeps, as they are stored: in a hash of their own beside that of the records, at its field.

    | tile u32 | n u32 | first u32 | last u32 | their text, UTF-8 |

A window needs the events of the one or two tiles that it cuts, and the records of all. The guard writes both at once,
so both begin with the same bytes. A reader asks for the records first and for the events behind them: a write that
falls between the two makes the events the newer ones, and other first bytes tell it. Two rows that agree in them differ
only while a job reads again what it had read, in another order: then either holds a part of the truth.
"""

import struct
from typing import Final, NamedTuple

from millpond.plan.errors import MillpondError
from millpond.store.records import HEADER_BYTES

_HEADER: Final = struct.Struct("<4I")


class Kept(NamedTuple):
    """The events that a tile keeps.

    Attributes:
        tile: its number.
        n: how many events it had; it may keep fewer.
        first, last: how far into the tile (ms) the first and the last of all lie.
        value: as it is stored.
    """

    tile: int
    n: int
    first: int
    last: int
    value: bytes

    @property
    def text(self) -> str:
        """Of those kept, the last one first: see `algebra.tallies`."""
        return str(self.value[HEADER_BYTES:], "utf-8")

    def is_of(self, record: bytes) -> bool:
        """Whether a record tells of the same events."""
        return record[:HEADER_BYTES] == self.value[:HEADER_BYTES]


def kept(record: bytes, text: bytes | None) -> bytes:
    """What is stored beside a record."""
    return record[:HEADER_BYTES] + (text or b"")


def kept_in(value: bytes) -> Kept:
    """What a stored value says.

    Raises:
        MillpondError: it is too short to be one.
    """
    if len(value) < HEADER_BYTES:
        raise MillpondError(
            f"{len(value)} bytes are no events of a tile",
            mend="the store holds what another layout wrote: rebuild it from the tile topics",
        )
    tile, n, first, last = _HEADER.unpack_from(value)
    return Kept(tile, n, first, last, value)
