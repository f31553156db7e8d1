"""A tile of which not all counts: computed from the side that has fewer events."""

from collections.abc import Sequence
from typing import NamedTuple

from millpond.algebra.partials import State, merge
from millpond.algebra.removal import NOT_POSSIBLE, Impossible, remove
from millpond.algebra.replay import counts, given, tile
from millpond.plan.partials import Partial
from millpond.serve.rows import Merger, Some, Tiles
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

    @property
    def is_for_removal(self) -> bool:
        """Whether the few that do not count are taken out of the tile's record."""
        return self.unwanted is not None and len(self.unwanted) < len(self.wanted)

    def state(self, tiles: Tiles, partial: Partial, merger: Merger) -> State:
        """A partial's state of what counts."""
        if self.is_for_removal:
            rest = _without(partial, merger(tiles, slice(self.place, self.place + 1)), (self,))
            if not isinstance(rest, Impossible):
                return rest
        return tile((partial,), self.of.events(self.wanted))[0]


def states(
    partials: Sequence[Partial], mergers: Sequence[Merger], tiles: Tiles, whole: Some, cuts: Sequence[Cut]
) -> list[State]:
    """The states of the tiles that count as a whole, and of what counts of those that are cut.

    Args:
        partials, mergers: one each.
        whole: all between those that are cut.
    """
    if not cuts:
        return [merger(tiles, whole) for merger in mergers]
    removals, others = [cut for cut in cuts if cut.is_for_removal], [cut for cut in cuts if not cut.is_for_removal]
    together = _with(whole, removals)
    found = []
    for partial, merger in zip(partials, mergers, strict=True):
        # What a mark of a tally was met in is told of each tile: events are taken out of their own.
        rest = NOT_POSSIBLE if partial.function == "tally" else _without(partial, merger(tiles, together), removals)
        state, apart = (merger(tiles, whole), cuts) if isinstance(rest, Impossible) else (rest, others)
        for cut in apart:
            state = merge(partial, state, cut.state(tiles, partial, merger))
        found.append(state)
    return found


def _with(whole: Some, cuts: Sequence[Cut]) -> Some:
    """Some tiles and those cut beside them."""
    places = [cut.place for cut in cuts]
    return slice(min([whole.start, *places]), max([whole.stop, *(place + 1 for place in places)]))


def _without(partial: Partial, state: State, cuts: Sequence[Cut]) -> State | Impossible:
    """A state, and the events that do not count taken out of it."""
    for cut in cuts:
        for ts, event in cut.of.events(cut.unwanted or ()):
            if counts(partial, event):
                rest = remove(partial, state, given(partial, event), ts)
                if isinstance(rest, Impossible):
                    return rest
                state = rest
    return state
