"""What the materializer counts, for the store's counters and for the log."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from millpond.store.guard import Refused

_RATES: Final = ("rows", "records")
_EVENTS: Final = (*Refused._fields, "tombstones", "rewinds", "mended")


class Tally:
    """Counts by topic, and rates since the last line of the log.

    Counters are `rows` (read), `records` (offered to the guard: rows less those a later row of the batch replaces),
    `older_tile`, `smaller_n`, `greater_first` (refused), `tombstones` (which Flink must never write),
    `rewinds`, and `mended` (rows written again to a topic, see mender.py).
    """

    def __init__(self) -> None:
        self._pending: Counter[str] = Counter()
        self._recent: Counter[str] = Counter()

    def add(self, counter: str, topic: str, count: int) -> None:
        """Count something of a topic."""
        if count:
            self._pending[f"{counter}|{topic}"] += count
            self._recent[counter] += count

    def refused(self, refused: Mapping[str, Refused]) -> None:
        """Count what the guard refused."""
        for topic, counts in refused.items():
            for counter, count in counts._asdict().items():
                self.add(counter, topic, count)

    def pending(self) -> dict[str, int]:
        """What was counted since it was last reported, by counter field."""
        return dict(self._pending)

    def reported(self, counters: Mapping[str, int]) -> None:
        """These counts have been written."""
        self._pending.subtract(counters)
        self._pending += Counter()  # drops the zeros

    def line(self, seconds: float) -> str | None:
        """Rates since the last line; None where nothing happened."""
        recent, self._recent = self._recent, Counter()
        if not recent:
            return None
        rates = [f"{recent[name] / seconds:,.0f} {name}/s" for name in _RATES]
        events = [f"{name.replace('_', ' ')} {recent[name]:,}" for name in _EVENTS if recent[name]]
        return ", ".join(rates + events)
