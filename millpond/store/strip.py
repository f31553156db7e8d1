"""A strip: the records of a part whose records all have one length, in one string, the oldest tile first.

    | gone u32 | record | record ...

A read takes it whole, and numpy as it lies there; a hash of a few dozen records costs the store, the wire and the
Reader several times as much. All tiles before `gone` are gone: they were dropped, or refused when they came too late.
Records with marks differ in length: those lie in a hash, where one is replaced without its neighbours being moved.
"""

from typing import Final

import numpy as np

from millpond.plan.errors import MillpondError
from millpond.store.records import RecordLayout, Records

HEAD: Final = 4
EMPTY: Final = bytes(HEAD)


def gone_before(strip: bytes) -> int:
    """The tile before which all are gone; 0 where none is."""
    return int.from_bytes(strip[:HEAD], "little")


def count_of(layout: RecordLayout, strip: bytes) -> int:
    """How many records it holds.

    Raises:
        MillpondError: it is no strip of this layout.
    """
    count, rest = divmod(len(strip) - HEAD, layout.size)
    if rest or count < 0:
        raise MillpondError(
            f"{len(strip)} bytes are no strip of records of {layout.size}",
            mend="the store holds what another layout wrote: rebuild it from the tile topics",
        )
    return count


def records_in(layout: RecordLayout, strip: bytes) -> list[bytes]:
    """Its records, the oldest tile first.

    Raises:
        MillpondError: it is no strip of this layout.
    """
    ends = range(HEAD, HEAD + count_of(layout, strip) * layout.size, layout.size)
    return [strip[at : at + layout.size] for at in ends]


def record_of(layout: RecordLayout, strip: bytes, tile: int) -> bytes | None:
    """The record of a tile; None where there is none.

    Raises:
        MillpondError: it is no strip of this layout.
    """
    wanted = tile.to_bytes(4, "little")  # a record begins with its tile
    return next((record for record in records_in(layout, strip) if record.startswith(wanted)), None)


def decode(layout: RecordLayout, strip: bytes) -> Records:
    """Its records as one structured array, the oldest tile first.

    Raises:
        MillpondError: it is no strip of this layout.
    """
    return np.frombuffer(strip, layout.dtype, count_of(layout, strip), HEAD)


def strip_of(records: list[bytes], *, gone: int = 0) -> bytes:
    """A strip of records that are in the order of their tiles."""
    return gone.to_bytes(HEAD, "little") + b"".join(records)
