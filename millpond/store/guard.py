"""The guard: writes records into a hash and never goes back (guard.lua says what going back is)."""

from typing import Any, NamedTuple

from millpond.store.scripts import Pipeline, Script

SCRIPT = Script.load("guard")


class GuardedWrite(NamedTuple):
    """Records for one hash.

    Attributes:
        topic: where they came from; refusals are counted under it.
        key: of the hash.
        ttl_ms: how long the hash is kept when idle.
        pairs: field, record, field, record …, in the order they were read.
        origins: what each pair was made from, whatever that is to the caller.
    """

    topic: str
    key: str
    ttl_ms: int
    pairs: list[Any]
    origins: list[Any]


class Refused(NamedTuple):
    """Records that were not written, by reason.

    All three pass during a recovery. A greater first that persists means that Flink lost state.
    """

    older_tile: int = 0
    smaller_n: int = 0
    greater_first: int = 0


def queue(pipe: Pipeline, write: GuardedWrite) -> None:
    """Add one call to a pipeline; its reply is for `refused`."""
    pipe.execute_command("EVALSHA", SCRIPT.sha, 1, write.key, write.ttl_ms, *write.pairs)


def refused(reply: list[int] | None) -> Refused:
    """What a call refused."""
    return Refused(*reply[: len(Refused._fields)]) if reply else Refused()


def smaller(reply: list[int] | None) -> list[int]:
    """The pairs that a call refused for their smaller n, by number."""
    return reply[len(Refused._fields) :] if reply else []
