"""What the stack tells about itself while it works: one small record, passed to a callback."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Phase = Literal["fetching", "building", "starting", "ready", "died", "stopping", "stopped"]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """A part has come to a phase.

    Attributes:
        part: the part's name, or "downloads", "flink home", "jobs jar" during the set-up.
        phase: where it is now.
        detail: a few words for people.
        done: units of work done, when they can be counted.
        total: units of work in all, as far as known yet.
    """

    part: str
    phase: Phase
    detail: str = ""
    done: int | None = None
    total: int | None = None


Report = Callable[[Progress], None]
"""Called from any thread; must not block."""


def silent(_progress: Progress) -> None:
    """The report of those who do not listen."""
