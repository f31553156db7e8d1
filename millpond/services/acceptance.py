"""Whether a job accepts a request that is an event: by its record alone, as `sql/flink.py` has it."""

from millpond.plan.model import SourcePlan
from millpond.sql.flink import LAST_INSTANT


def refusal(source: SourcePlan, ts: int, arrival: int) -> str | None:
    """Why no job counts an event that can be decoded and says its time and id; None where it does.

    Args:
        ts: its time, ms.
        arrival: its record's timestamp, ms.
    """
    if not 0 <= ts <= LAST_INSTANT:
        return "event_time_out_of_range"
    if arrival - ts > source.lateness_ms:
        return "late"
    if ts - arrival > source.skew_ms:
        return "future"
    return None
