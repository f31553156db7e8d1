"""Since when what has been read is all there was: pure logic over end offsets asked for now and then.

          asked at   T1       T2       T3
          log end    10       25       25        reached = 25: fresh at T3
    -----------------|--------|--------|-----> t  reached = 24: fresh at T1

Everything that was in the log at that instant has been reached; nothing is said of later records.
"""

from collections import deque
from collections.abc import Mapping
from typing import Final, NamedTuple

KEPT: Final = 120  # two minutes of asking once a second; a log that lags longer is stale whatever is kept
PROOFS: Final = 60  # one a second at most; what is older than a minute is stale whatever it proves


class _Ask(NamedTuple):
    at: int
    end: int


class LogEnd:
    """The end offsets of one partition, as asked for lately.

    Attributes:
        fresh_at: the greatest instant (ms) at which everything then in the log has been reached; None where not known.
    """

    def __init__(self) -> None:
        self.fresh_at: int | None = None
        self._asks: deque[_Ask] = deque(maxlen=KEPT)

    @property
    def end(self) -> int | None:
        """The last end offset heard of that has not been reached."""
        return self._asks[-1].end if self._asks else None

    def asked(self, at: int, end: int) -> None:
        """The log ended before offset `end` at some moment after the instant `at` (ms)."""
        if self._asks and end < self._asks[-1].end:
            # The log was cut or made anew: what it ended at before will never be reached.
            self._asks.clear()
        self._asks.append(_Ask(at, end))

    def reached(self, offset: int) -> int | None:
        """Everything before `offset` has been reached; returns `fresh_at`."""
        asks = self._asks
        while asks and asks[0].end <= offset:
            self.fresh_at = asks.popleft().at
        return self.fresh_at

    def forget(self) -> None:
        """What was reached has been lost."""
        self.fresh_at = None
        self._asks.clear()


class Proof(NamedTuple):
    """What a completed checkpoint shows.

    Attributes:
        seen: an instant (ms) at which the rows of every event that was in the source at `at` were in the tile topics.
        at: the instant (ms) before which those events had arrived.
    """

    seen: int
    at: int


class SourceReach:
    """How far a job's completed checkpoints have read its source, against where the source ends.

    A checkpoint is complete only when every sink has had all its rows acknowledged, and its offsets are committed after
    that. What the job has read beyond them may be anywhere between the source and the tile topics.

          end asked at   T            commit seen at   S          tile topic's end asked at   U >= S
          source        20            committed       20          applied                     all of it
        ----------------|-----------------------------|-----------------------------------|-----> t
                        what was in the source at T is in the store

    Args:
        start_offsets: where the job began, by partition: what lies before is not the job's to read.
    """

    def __init__(self, start_offsets: tuple[int, ...]) -> None:
        self._next = list(start_offsets)
        self._ends = [LogEnd() for _ in start_offsets]
        self._proofs: deque[Proof] = deque(maxlen=PROOFS)

    def asked(self, partition: int, at: int, low: int, end: int) -> None:
        """At some moment after `at` (ms) the partition held the offsets from `low` to before `end`; none if equal."""
        self._ends[partition].asked(at, 0 if low == end else end)

    def committed(self, seen: int, offsets: Mapping[int, int]) -> None:
        """Before `seen` (ms) the job had committed these next offsets, by partition; one without keeps what it had.

        A job that was started anew from an earlier checkpoint commits smaller offsets again, and is believed.
        """
        for partition, offset in offsets.items():
            self._next[partition] = offset
        stamps = [ends.reached(offset) for ends, offset in zip(self._ends, self._next, strict=True)]
        known = [at for at in stamps if at is not None]
        if len(known) == len(stamps) and (not self._proofs or min(known) > self._proofs[-1].at):
            self._proofs.append(Proof(seen, min(known)))

    def proofs(self) -> tuple[Proof, ...]:
        """The latest proofs, newest first."""
        return tuple(reversed(self._proofs))


def start_of(stored: int | None, low: int, end: int) -> int:
    """Where to apply a tile topic's partition from.

    Args:
        stored: the applied offset in the store; None where there is none.
        low: the first offset the log still holds.
        end: the offset after its last.

    A stored offset below the log's start continues at the start: retention deletes only what no window reaches.
    One beyond the end belongs to an earlier topic of this name: everything is applied again.
    """
    return low if stored is None or not low <= stored <= end else stored
