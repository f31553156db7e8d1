"""The writing side of one shard: records, applied offsets and counters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry

from millpond.store import applied, guard, proven
from millpond.store.applied import Advance, TopicPart
from millpond.store.guard import GuardedWrite, Refused
from millpond.store.keys import counters_key
from millpond.store.proven import Claim
from millpond.store.scripts import Client, Pipeline, run

TRANSIENT = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.MasterDownError,
    exceptions.NoScriptError,
)
"""Failures of a store that is down, loading, failing over or full: the same write may succeed later."""


class Written(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a batch.

    Args:
        refused: records refused, by topic.
        smaller: the rows refused for their smaller n, by number, of those writes that have any.
        found: partitions whose applied offset was not what was expected, and what the store holds instead.
    """

    refused: dict[str, Refused]
    smaller: dict[int, list[int]]
    found: dict[TopicPart, int | None]


def connect(url: str, *, timeout_s: float = 10.0) -> Client:
    """A client for writing. It never retries by itself: the caller does, and can be stopped meanwhile."""
    return redis.Redis.from_url(
        url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, retry=Retry(NoBackoff(), 0)
    )


Note = Callable[[Mapping[int, list[int]]], None]


def _note_nothing(_smaller: Mapping[int, list[int]]) -> None:
    """Refused rows are of no interest."""


class Writer:
    """Writes to the node that holds a shard.

    Every method may raise one of TRANSIENT, or another RedisError, and may then be called again with the same batch.
    """

    def __init__(self, client: Client, ns: str) -> None:
        self.client = client
        self.ns = ns

    def write(self, writes: Sequence[GuardedWrite], advances: Sequence[Advance], note: Note = _note_nothing) -> Written:
        """Records first; once every one is known to be written, the applied offsets that say so; two round trips.

        Args:
            note: called between the two with `Written.smaller`; what it raises leaves the offsets where they are.
        """
        refused: dict[str, Refused] = {}
        smaller: dict[int, list[int]] = {}
        if writes:
            replies = run(self.client, guard.SCRIPTS, lambda pipe: _queue(pipe, writes))
            refused, smaller = _tally(writes, replies)
            note(smaller)
        found: dict[TopicPart, int | None] = {}
        if advances:
            (reply,) = run(self.client, (applied.SCRIPT,), lambda pipe: applied.queue(pipe, self.ns, advances))
            found = applied.mismatches(reply, advances)
        return Written(refused=refused, smaller=smaller, found=found)

    def applied(self, parts: Iterable[TopicPart]) -> dict[TopicPart, int | None]:
        """The applied offset of each partition; None where none is stored."""
        return applied.read(self.client, self.ns, parts)

    def prove(self, claims: Iterable[Claim]) -> None:
        """Set the stamp of every fragment for which a proof counts."""
        sound = [claim for claim in claims if claim.proofs]

        def queue(pipe: Pipeline) -> None:
            for claim in sound:
                proven.queue(pipe, self.ns, claim)

        if sound:
            run(self.client, (proven.SCRIPT,), queue)

    def count(self, counters: Mapping[str, int]) -> None:
        """Add to the counters."""
        if not counters:
            return
        with self.client.pipeline(transaction=True) as pipe:
            for field, count in counters.items():
                pipe.hincrby(counters_key(self.ns), field, count)
            pipe.execute()


def _queue(pipe: Pipeline, writes: Sequence[GuardedWrite]) -> None:
    for write in writes:
        guard.queue(pipe, write)


def _tally(writes: Sequence[GuardedWrite], replies: Sequence[Any]) -> tuple[dict[str, Refused], dict[int, list[int]]]:
    """`Written.refused` and `Written.smaller`."""
    refused: dict[str, Refused] = {}
    smaller: dict[int, list[int]] = {}
    for number, (write, reply) in enumerate(zip(writes, replies, strict=True)):
        if reply is not None:
            if rows := guard.smaller(reply):
                smaller[number] = rows
            sums = zip(refused.get(write.topic, Refused()), guard.refused(reply), strict=True)
            refused[write.topic] = Refused(*(a + b for a, b in sums))
    return refused, smaller
