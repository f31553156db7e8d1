"""Events that are known to have happened: a vector whose windows hold one must have seen it, or say `behind`.

An event is in a tile where its id is among the events that the tile keeps, and those are of the tile's record. Of tiles
that keep none it cannot be told: their last instant may be another event's. There the fragment's stamp alone proves it:
every event that was in the source at that instant is in the tiles in the store.

What a part of the store has once held it holds from then on, for its writes are monotone, as long as it is that store:
whoever keeps sightings forgets where they were found when a connection to another one may have been opened.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, NamedTuple

from millpond.algebra.tallies import BETWEEN
from millpond.store.kept import kept_in
from millpond.store.records import HEADER_BYTES, RecordLayout
from millpond.store.strip import record_of

if TYPE_CHECKING:
    from millpond.serve.events import HeldEvents

ENOUGH: Final = 8  # events that are missing: while jobs stand still thousands may be, and each look takes its time


class Sighting:
    """An event of an entity.

    Attributes:
        ts: its time, ms.
        place: what its mark begins with: its time and its id.
        known_at: from what instant on (ms) a stamp proves it; None where its source may have got it later than that.
        held: the parts of the store in which it was found, or is not to come any more.
    """

    __slots__ = ("held", "known_at", "place", "ts")

    def __init__(self, ts: int, place: str, known_at: int | None) -> None:
        self.ts = ts
        self.place = place
        self.known_at = known_at
        self.held: set[str] = set()


class Lookup(NamedTuple):
    """An event that is looked for in one tile, without a vector being made.

    Attributes:
        part: where, by its keys.
        layout: of its records.
        commands: what asks for the tile's record, or for the strip it is in, and for its events.
    """

    sighting: Sighting
    part: str
    layout: RecordLayout
    commands: tuple[tuple[str, ...], tuple[str, ...]]

    def found(self, held: bytes | None, events: bytes | None) -> None:
        """Note whether it is there."""
        if held is None or events is None:
            return
        # The mark begins with the event's time: it is of no other tile that may have taken the slot.
        mark, text = self.sighting.place.encode(), events[HEADER_BYTES:]
        is_among = text.startswith(mark) or BETWEEN.encode() + mark in text
        kept = kept_in(events)
        record = record_of(self.layout, held, kept.tile) if self.layout.is_strip else held
        if is_among and record is not None and kept.is_of(record):
            self.sighting.held.add(self.part)


def unheld(expected: Sequence[Sighting], part: str) -> list[Sighting]:
    """The last events that are not known to be in a part of the store, as many as are worth a look."""
    return [one for one in reversed(expected) if part not in one.held][:ENOUGH]


def lacking(expected: Sequence[Sighting], part: str, held: "HeldEvents | None", stamp: int) -> Sequence[int]:
    """The times (ms) of those events that are not known to be in a part of the store; the others are noted as held.

    The last ones are looked for first. Where several are missing, those before them are taken to be missing, too.

    Args:
        part: by its name.
        held: what was read of it; None where its tiles keep no events.
        stamp: up to what instant (ms) all that happened is known to be in.
    """
    missing: list[int] = []
    for one in reversed(expected):
        if part in one.held:
            continue
        is_proven = one.known_at is not None and stamp >= one.known_at
        if is_proven or (held is not None and len(missing) < ENOUGH and held.holds(one.ts, one.place)):
            one.held.add(part)
        else:
            missing.append(one.ts)
    return missing
