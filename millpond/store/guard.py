"""The guard: writes records and never goes back (guard.lua), into a strip (strip.lua) or a hash (hash.lua)."""

from typing import Any, Final, NamedTuple

from millpond.store.keys import events_key
from millpond.store.scripts import Pipeline, Script

_STRIP: Final = Script.load("strip", "guard")
_HASH: Final = Script.load("hash", "guard")
SCRIPTS: Final = (_STRIP, _HASH)


class GuardedRow(NamedTuple):
    """A tile for one slot of a part.

    Attributes:
        field: the slot.
        record: what is written there.
        events: what is written beside it, see kept.py; None where tiles keep no events.
        origin: what it was made from, whatever that is to the caller.
    """

    field: str
    record: bytes
    events: bytes | None
    origin: Any


class GuardedWrite(NamedTuple):
    """Tiles for one part of one entity; all of them keep events, or none does.

    Attributes:
        topic: where they came from; refusals are counted under it.
        key: of the strip or the hash.
        ttl_ms: how long it is kept when idle.
        rows: in the order they were read.
        size: bytes of each record of a strip; None where it is a hash.
        slots: how many tiles the strip's ring spans; None for a lifetime.
    """

    topic: str
    key: str
    ttl_ms: int
    rows: list[GuardedRow]
    size: int | None = None
    slots: int | None = None


class Refused(NamedTuple):
    """Records that were not written, by reason.

    All three pass during a recovery. A greater first that persists means that Flink lost state.
    """

    older_tile: int = 0
    smaller_n: int = 0
    greater_first: int = 0


def queue(pipe: Pipeline, write: GuardedWrite) -> None:
    """Add one call to a pipeline; its reply is for `refused`."""
    keys, given = [write.key], [part for row in write.rows for part in row[:3] if part is not None]
    if write.rows[0].events is not None:
        keys.append(events_key(write.key))
    if write.size is None:
        pipe.execute_command("EVALSHA", _HASH.sha, len(keys), *keys, write.ttl_ms, *given)
    else:
        pipe.execute_command(
            "EVALSHA", _STRIP.sha, len(keys), *keys, write.ttl_ms, write.size, write.slots or 0, *given
        )


def refused(reply: list[int] | None) -> Refused:
    """What a call refused."""
    return Refused(*reply[: len(Refused._fields)]) if reply else Refused()


def smaller(reply: list[int] | None) -> list[int]:
    """The rows that a call refused for their smaller n, by number."""
    return reply[len(Refused._fields) :] if reply else []
