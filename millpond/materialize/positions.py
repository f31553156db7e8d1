"""The partitions of tile topics this process owns: how far each is applied, and whether its writes still count."""

import logging
from collections.abc import Iterable, Mapping, Sequence

from millpond.materialize.bounds import Brokers
from millpond.materialize.freshness import LogEnd, start_of
from millpond.store.applied import Advance, TopicPart
from millpond.store.guard import GuardedWrite
from millpond.store.writer import Note, Writer, Written

log = logging.getLogger("millpond.materialize")


class Positions:
    """Owned partitions: those placed, whose next offset is known, and those waiting to be placed.

    A partition is placed at the offset the store holds, and is back among the waiting as soon as the store is found to
    hold another one than was written last: it was emptied, restored or failed over, or another process writes too.
    """

    def __init__(self, writer: Writer, brokers: Brokers) -> None:
        self._writer = writer
        self._brokers = brokers
        self.applied: dict[TopicPart, int] = {}
        self.waiting: set[TopicPart] = set()
        self._ends: dict[TopicPart, LogEnd] = {}

    @property
    def lag(self) -> int:
        """Records not applied yet, by the last end offsets heard of."""
        ends = {part: self._ends[part].end for part in self.applied}
        return sum(max(0, end - self.applied[part]) for part, end in ends.items() if end is not None)

    def own(self, parts: Iterable[TopicPart]) -> None:
        """These partitions are ours now, and only these."""
        self.applied.clear()
        self.waiting = set(parts)
        self._ends = {part: LogEnd() for part in self.waiting}

    def place(self) -> None:
        """Find where to apply the waiting partitions from; those the brokers say nothing of stay waiting.

        Raises:
            RedisError: the store does not answer; nothing is lost by trying again.
        """
        parts = sorted(self.waiting)
        stored = self._writer.applied(parts)
        bounds = self._brokers.answer(self._brokers.ask(parts)).bounds
        advances = [Advance(part, stored[part], start_of(stored[part], *bounds[part])) for part in bounds]
        # Written even where nothing is stored and we begin at 0: a store emptied during the first batch is noticed too.
        moved = [advance for advance in advances if advance.new != advance.expected]
        found = self._writer.write((), moved).found
        for advance in advances:
            if advance.part not in found:
                self.waiting.discard(advance.part)
                self.applied[advance.part] = advance.new
                log.info("%s continues at %d (stored: %s)", advance.part, advance.new, advance.expected)

    def write(self, writes: Sequence[GuardedWrite], reached: Mapping[TopicPart, int], note: Note) -> Written:
        """Write records and then the offsets they reach; what the store no longer agrees on goes back to the waiting.

        Args:
            note: see Writer.write.

        Raises:
            RedisError: the store does not answer; the same call may be made again.
        """
        advances = [Advance(part, self.applied[part], new) for part, new in reached.items()]
        written = self._writer.write(writes, advances, note)
        self.applied.update(reached)
        self._lose(written.found)
        return written

    def heard(self, part: TopicPart, at: int, end: int) -> None:
        """A partition ended before offset `end` at some moment after the instant `at` (ms)."""
        if part in self._ends:
            self._ends[part].asked(at, end)

    def stamp(self) -> Written:
        """Tell the store how fresh each partition is; finds out, too, where an idle partition's store was emptied.

        Raises:
            RedisError: the store does not answer.
        """
        advances = [
            Advance(part, offset, offset, self._ends[part].reached(offset)) for part, offset in self.applied.items()
        ]
        written = self._writer.write((), advances)
        self._lose(written.found)
        return written

    def _lose(self, found: Mapping[TopicPart, int | None]) -> None:
        for part, offset in found.items():
            log.warning(
                "%s: the store holds offset %s where %d was written: going there", part, offset, self.applied[part]
            )
            del self.applied[part]
            self._ends[part].forget()
            self.waiting.add(part)
