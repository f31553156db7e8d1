"""A tile of which not all counts: computed from the side that has fewer events."""

from collections.abc import Sequence
from typing import NamedTuple

from millpond.algebra.partials import State
from millpond.algebra.removal import NOT_POSSIBLE, remove
from millpond.algebra.replay import counts, given, tile
from millpond.plan.partials import Partial
from millpond.serve.rows import Merger, Tiles
from millpond.serve.tile_events import TileEvents


class Cut(NamedTuple):
    """A tile of which not all counts.

    Attributes:
        of: its events.
        wanted: those that count.
        unwanted: all others; None where they are not known, or the tile's record is not of the same events.
        place: of its record among those that were read.
    """

    of: TileEvents
    wanted: Sequence[str]
    unwanted: Sequence[str] | None
    place: int

    def states(self, tiles: Tiles, partials: Sequence[Partial], mergers: Sequence[Merger]) -> list[State]:
        """The states of what counts: of the tile without the few that do not, or else of those that do."""
        if self.unwanted is None or len(self.wanted) <= len(self.unwanted):
            return tile(partials, self.of.events(self.wanted))
        return [self._state(tiles, partial, merger) for partial, merger in zip(partials, mergers, strict=True)]

    def _state(self, tiles: Tiles, partial: Partial, merger: Merger) -> State:
        assert self.unwanted is not None, "they are known"
        state = merger(tiles, slice(self.place, self.place + 1))
        for ts, event in self.of.events(self.unwanted):
            if counts(partial, event):
                rest = remove(partial, state, given(partial, event), ts)
                if rest is NOT_POSSIBLE:
                    return tile((partial,), self.of.events(self.wanted))[0]
                state = rest
        return state
