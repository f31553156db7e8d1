"""Where a new job begins, what its backfill reads, and since when both together cover everything: no I/O.

offsets    low            start           bound
-----------[--------------[---------------[--------------->
live job                  |tiles >= T1 ...                   events < T1 from `bound` on are dead letters
backfill   |tiles < T1 ...                |ends
"""

from dataclasses import dataclass
from typing import Final

from millpond.control.submit import new_job_id
from millpond.control.topics import SourceTopic
from millpond.plan.deployment import Backfill
from millpond.plan.model import SourcePlan
from millpond.plan.windows import DAY, HOUR

APPEND_DELAY: Final = HOUR  # how long a producer may take between stamping a record (CreateTime) and its append


@dataclass(frozen=True, kw_only=True)
class Range:
    """What a job reads.

    Attributes:
        start_ts: the first instant (ms) whose tiles the live job makes; 0 for all.
        start_offsets: from which it reads each partition.
        covered_since: the first instant (ms) from which the live job alone misses nothing.
        backfill: of what is before `start_ts`.
    """

    start_ts: int
    start_offsets: tuple[int, ...]
    covered_since: int
    backfill: Backfill | None


def first_day(now: int, *, lateness_ms: int, append_delay_ms: int) -> int:
    """T1: the last start of a day (UTC, ms) before which no event can be accepted any more that is not appended yet.

    An event that is appended from `now` on arrived at `now - append_delay_ms` at the earliest, and is accepted only if
    it happened at most `lateness_ms` before that. Every tile size divides a day.
    """
    return (now - lateness_ms - append_delay_ms) // DAY * DAY


def append_delay(source: SourceTopic) -> int:
    """How long after its arrival a record of a topic may be appended (ms)."""
    return 0 if source.log_append_time else APPEND_DELAY


def from_earliest(source: SourceTopic, covered_since: int) -> Range:
    """A job that reads the whole topic."""
    return Range(start_ts=0, start_offsets=source.low, covered_since=covered_since, backfill=None)


def from_day(t1: int, source: SourceTopic, found: tuple[int, ...]) -> Range | None:
    """A live job from `t1` on and a backfill before it; None where the live job would read the whole topic anyway.

    Args:
        source: as it was before `found` was asked for: its ends bound the backfill.
        found: the first offset of each partition whose record arrived at t1 - skew or later; -1 where none did.
    """
    starts = tuple(high if at < 0 else min(at, high) for at, high in zip(found, source.high, strict=True))
    if starts == source.low:
        return None
    backfill = Backfill(start_offsets=source.low, bound_offsets=source.high, flink_job_id=new_job_id(), state="waiting")
    return Range(start_ts=t1, start_offsets=starts, covered_since=t1, backfill=backfill)


def covered_since(plan: SourcePlan, source: SourceTopic, first_arrivals: list[int], now: int) -> int:
    """Since when a topic that was read from its first record gives every event (ms).

    Every event with ts >= T has arrival >= T - skew: from the last of its partitions' first arrivals + skew on nothing
    is missing. A source that declares full history, and has lost nothing of it, is covered from the beginning.
    """
    if plan.full_history and not any(source.low):
        return 0
    # Stamps of producers do not rise with offsets: what was deleted may be younger than what is kept.
    slack = append_delay(source) if any(source.low) else 0
    return max(first_arrivals, default=now) + plan.skew_ms + slack
