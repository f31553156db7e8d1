"""What strips and hashes of tiles take of the store, keys and expiry included: `used_memory`, not MEMORY USAGE.

Valkey 9.1 keeps a hash as one listpack while it has at most 512 fields and no value above 64 bytes, else as a table in
which a field and its value are one piece of memory, or two where together they pass 128 bytes. The sizes below are
those of its sources; `make bench ONLY=hashes` measures them again: strips are off by at most 1 %, listpacks by 4 %,
tables by 15 % just where they grow, and by 3 % on average. They are for an allocator that rounds up to 16 bytes
(glibc's, which the local store has); jemalloc's classes differ by up to a tenth.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np

from millpond.plan.model import ViewPlan
from millpond.review.held import Floats, Hashes, Marks
from millpond.store.keys import KeyTemplate, events_key
from millpond.store.parts import Part
from millpond.store.records import HEADER_BYTES, RecordLayout
from millpond.store.strip import HEAD

LISTPACK_FIELDS: Final = 512
LISTPACK_VALUE: Final = 64
EMBEDDED: Final = 128  # bytes of a field and its value together that are one piece of memory
EMBEDDED_STRIP: Final = 136  # bytes of a strip and its key together that are one piece of memory
# Measured: used_memory less MEMORY USAGE, over 10,000 keys: a key's place among all keys, and among those that expire.
PLACES: Final = 30.0
# Measured: a table of n fields without its pieces, the least squares of n from 1 to 380; it grows in steps.
TABLE: Final = 80.0
TABLE_A_FIELD: Final = 16.0
LEAST_TABLE: Final = 144.0


def store_bytes(ns: str, view: ViewPlan, part: Part, hashes: Hashes) -> float:
    """Of all hashes of a part, those of the events that its tiles keep among them.

    Args:
        ns: the environment, whose name begins every key.
    """
    key, field = KeyTemplate.of(ns, view, 1, part.name).key(""), _field(part)
    length = len(key) + hashes.key_bytes
    is_strip = RecordLayout.of(view).is_strip
    found = strip_bytes(length, hashes) if is_strip else hash_bytes(length, field, hashes)
    if hashes.events is not None:
        found += hash_bytes(len(events_key(key)) + hashes.key_bytes, field, replace(hashes, record=hashes.events))
    return float(hashes.count @ found)


def hash_bytes(key: float, field: float, hashes: Hashes) -> Floats:
    """Of one hash of each group.

    Args:
        key: length of the whole key.
        field: mean length of a field, a number in decimal.
    """
    in_listpack = (hashes.record <= LISTPACK_VALUE) & (hashes.entries <= LISTPACK_FIELDS)
    inner = np.where(in_listpack, _listpack(field, hashes), _table(field, hashes))
    return np.asarray(inner + _outer(key))


def strip_bytes(key: float, hashes: Hashes) -> Floats:
    """Of one strip of each group: short ones are one piece of memory with their key, until they are written into.

    Args:
        key: length of the whole key.
    """
    length = HEAD + hashes.entries * hashes.record
    together = 25 + key + length
    # A text is four bytes longer where one byte tells its length, else six.
    apart = _each(length + np.where(length < 252, 4.0, 6.0)) + _outer(key)
    return np.asarray(np.where(together <= EMBEDDED_STRIP, _each(together) + PLACES, apart))


def _outer(key: float) -> Floats:
    """A header of 16 bytes, the instant of expiry, and the key with three bytes and a NUL around it."""
    return np.asarray(_allocated(np.float64(16 + 8 + 1 + key + 4)) + PLACES)


def record_bytes(view: ViewPlan, marks: Mapping[str, Marks]) -> float:
    """Of a record."""
    layout = RecordLayout.of(view)
    return layout.size + sum(marks[p.name].text_bytes(p) for p in layout.partials if p.name in marks)


def events_bytes(view: ViewPlan, marks: Mapping[str, Marks]) -> float | None:
    """Of what stands beside a record; None where tiles keep no events."""
    events = view.kept_events
    return None if events is None else HEADER_BYTES + marks[events.name].text_bytes(events)


def _listpack(field: float, hashes: Hashes) -> Floats:
    """Seven bytes around it all; a number takes 2 to 4 bytes, a value its length and two or three more."""
    number = np.where(field <= 2, 2.0, np.where(field <= 4, 3.0, 4.0))
    value = hashes.record + np.where(hashes.record < LISTPACK_VALUE, 2.0, 3.0)
    return _allocated(7 + hashes.entries * (number + value))


def _table(field: float, hashes: Hashes) -> Floats:
    """A field has two bytes around it, a value four or six, and of two pieces the one a pointer of 8 to the other."""
    value = hashes.record + np.where(hashes.record < 256, 4.0, 6.0)
    own = np.ceil(field) + 2
    pieces = np.where(own + value <= EMBEDDED, _each(own + value), _each(own + 8) + _each(value))
    return hashes.entries * pieces + np.maximum(LEAST_TABLE, TABLE + TABLE_A_FIELD * hashes.entries)


def _each(size: Floats | float) -> Floats:
    """Of pieces of this mean size: a whole number is taken for the size of each, others for sizes around it."""
    exact = np.asarray(size, np.float64)
    return np.where(exact == np.floor(exact), _allocated(exact), np.maximum(24.0, exact + 7.5))


def _allocated(size: Floats | np.float64) -> Floats:
    """What malloc gives for a size: 24 bytes, or a multiple of 16 and 8 more."""
    return np.asarray(np.maximum(24.0, np.ceil((size + 8) / 16) * 16 - 8))


def _field(part: Part) -> float:
    """Mean length of the fields of a part: slots in decimal, or days since 1970."""
    if part.slots is None:
        return 5.0
    return sum(len(str(slot)) for slot in range(part.slots)) / part.slots
