"""What is asked of a demo, and what it finds: the figures of its last line, and what is not as it should be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from millpond.demo.plants import Sabotage
from millpond.demo.verify import Checked

SEED: Final = 20170101


@dataclass(frozen=True, kw_only=True)
class Options:
    """What is asked of a run.

    Attributes:
        lines: how many retail lines are replayed.
        sabotage: what is broken on purpose.
        kill: the part that is killed on the way, by the stack's name for it; it must change nothing.
        oracle: the file of the independent computation.
        keep: leave the stack running until Ctrl-C.
        seed: of everything random.
    """

    lines: int
    sabotage: Sabotage | None
    oracle: Path
    kill: str | None = None
    keep: bool = False
    seed: int = SEED


@dataclass(kw_only=True)
class Outcome:
    """The figures, filled in as the demo goes.

    Attributes:
        events: records sent to the source topic, markers not counted.
        accepted: events in the tiles.
        dead_letters: reason -> distinct records refused.
        duplicates: records read by the job that are neither.
        checked: what was compared with the oracle.
        replay_s: seconds in which the events were sent, computed and stored.
        freshness_ms: from created to readable.
        read_us: one read.
        faults: what is not as it should be; empty in a good run.
    """

    events: int = 0
    accepted: int = 0
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0
    checked: Checked = field(default_factory=Checked)
    replay_s: float = 0.0
    freshness_ms: Mapping[str, float | None] = field(default_factory=dict)
    read_us: Mapping[str, float | None] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    @property
    def events_per_second(self) -> int:
        """Sent, computed and stored, over the whole replay."""
        return round(self.events / self.replay_s) if self.replay_s else 0

    def expect(self, what: str, expected: object, found: object) -> None:
        """Note a fault where two figures differ."""
        if expected != found:
            self.faults.append(f"{what}: expected {expected}, found {found}")

    def line(self) -> str:
        """The figures as one JSON object."""
        figures = {
            "events": self.events,
            "accepted": self.accepted,
            "dead_letters": self.dead_letters,
            "duplicates": self.duplicates,
            "vectors_checked": self.checked.vectors,
            "values_checked": self.checked.values,
            "mismatches": self.checked.mismatches,
            "events_per_second": self.events_per_second,
            "freshness_ms": self.freshness_ms,
            "read_us": self.read_us,
        }
        return json.dumps(figures)
