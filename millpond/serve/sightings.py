"""Events that are known to have happened: a vector whose windows hold one must have seen it, or say `behind`.

An event is in a tile where its id is among the events that the tile keeps, and those are of the tile's record. Of tiles
that keep none it cannot be told: their last instant may be another event's. There the fragment's stamp alone proves it:
every event that was in the source at that instant is in the tiles in the store. The same goes for an event of a tile
that has had more, later ones than it keeps: its id is not among those any more, however often it is looked for.

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
        pushed_out: those whose tile has had more events behind it than it keeps: only a stamp tells whether it is in.
    """

    __slots__ = ("held", "known_at", "place", "pushed_out", "ts")

    def __init__(self, ts: int, place: str, known_at: int | None) -> None:
        self.ts = ts
        self.place = place
        self.known_at = known_at
        self.held: set[str] = set()
        self.pushed_out: set[str] = set()

    def is_looked_for_in(self, part: str) -> bool:
        """Whether it may be found there by its id."""
        return part not in self.held and part not in self.pushed_out


class Lookup(NamedTuple):
    """An event that is looked for in one tile, without a vector being made.

    Attributes:
        part: where, by its keys.
        layout: of its records.
        most: how many events a tile keeps.
        commands: what asks for the tile's record, or for the strip it is in, and for its events.
    """

    sighting: Sighting
    part: str
    layout: RecordLayout
    most: int
    commands: tuple[tuple[str, ...], tuple[str, ...]]

    def found(self, held: bytes | None, events: bytes | None) -> None:
        """Note whether it is there, or was and is not kept."""
        if held is None or events is None:
            return
        # The mark begins with the event's time: it is of no other tile that may have taken the slot.
        mark, text = self.sighting.place.encode(), events[HEADER_BYTES:]
        is_among = text.startswith(mark) or BETWEEN.encode() + mark in text
        kept = kept_in(events)
        record = record_of(self.layout, held, kept.tile) if self.layout.is_strip else held
        if is_among and record is not None and kept.is_of(record):
            self.sighting.held.add(self.part)
        elif not is_among and kept.n > self.most and text.rpartition(BETWEEN.encode())[2] > mark:
            self.sighting.pushed_out.add(self.part)


class Lacking(NamedTuple):
    """The times (ms) of events that are not known to be in a part of the store.

    Attributes:
        missing: they may come.
        pushed_out: whether they are in cannot be told before a stamp does.
    """

    missing: Sequence[int]
    pushed_out: Sequence[int]


NOTHING: Final = Lacking((), ())


def unheld(expected: Sequence[Sighting], part: str) -> list[Sighting]:
    """The last events that are not known to be in a part of the store, as many as are worth a look."""
    return [one for one in reversed(expected) if one.is_looked_for_in(part)][:ENOUGH]


def lacking(expected: Sequence[Sighting], part: str, held: "HeldEvents | None", stamp: int) -> Lacking:
    """Those events that are not known to be in a part of the store; the others are noted as held.

    The last ones are looked for first. Where several are missing, those before them are taken to be missing, too.

    Args:
        part: by its name.
        held: what was read of it; None where its tiles keep no events.
        stamp: up to what instant (ms) all that happened is known to be in.
    """
    missing: list[int] = []
    pushed_out: list[int] = []
    for one in reversed(expected):
        if part in one.held:
            continue
        is_proven = one.known_at is not None and stamp >= one.known_at
        if is_proven or (held is not None and len(missing) < ENOUGH and held.holds(one.ts, one.place)):
            one.held.add(part)
        elif part in one.pushed_out or (held is not None and held.has_pushed_out(one.ts, one.place)):
            one.pushed_out.add(part)
            pushed_out.append(one.ts)
        else:
            missing.append(one.ts)
    return Lacking(missing, pushed_out)
