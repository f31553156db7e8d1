"""The writing side of one shard: records, applied offsets and counters, each batch in one round trip."""

from collections.abc import Iterable, Mapping, Sequence

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
        smaller: the pairs refused for their smaller n, by number, of those writes that have any.
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


class Writer:
    """Writes to the node that holds a shard.

    Every method may raise one of TRANSIENT, or another RedisError, and may then be called again with the same batch.
    """

    def __init__(self, client: Client, ns: str) -> None:
        self.client = client
        self.ns = ns

    def write(self, writes: Sequence[GuardedWrite], advances: Sequence[Advance]) -> Written:
        """Records first, then the applied offsets that say they are written; one round trip."""

        def queue(pipe: Pipeline) -> None:
            for write in writes:
                guard.queue(pipe, write)
            if advances:
                applied.queue(pipe, self.ns, advances)

        replies = run(self.client, (guard.SCRIPT, applied.SCRIPT), queue)
        found = applied.mismatches(replies.pop(), advances) if advances else {}
        refused: dict[str, Refused] = {}
        smaller: dict[int, list[int]] = {}
        for number, (write, reply) in enumerate(zip(writes, replies, strict=True)):
            if reply is not None:
                if pairs := guard.smaller(reply):
                    smaller[number] = pairs
                sums = zip(refused.get(write.topic, Refused()), guard.refused(reply), strict=True)
                refused[write.topic] = Refused(*(a + b for a, b in sums))
        return Written(refused=refused, smaller=smaller, found=found)

    def applied(self, parts: Iterable[TopicPart]) -> dict[TopicPart, int | None]:
        """The applied offset of each partition; None where none is stored."""
        return applied.read(self.client, self.ns, parts)

    def is_empty(self) -> bool:
        """True where the store holds no applied offset at all: it is new, or was emptied."""
        return not applied.exist(self.client, self.ns)

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
