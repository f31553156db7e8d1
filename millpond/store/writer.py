"""The writing side: records to the shards that hold their keys, and to each shard the applied offsets; counters."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import msgspec
from redis import exceptions

from millpond.store import applied, guard, proven
from millpond.store.applied import Advance, TopicPart
from millpond.store.guard import GuardedWrite, Refused
from millpond.store.keys import counters_key
from millpond.store.nodes import MOVED, Nodes
from millpond.store.proven import Claim
from millpond.store.scripts import Client, Pipeline, attempt, run
from millpond.store.shards import Address, Shard

TRANSIENT = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.ReadOnlyError,
    exceptions.OutOfMemoryError,
    exceptions.MasterDownError,
    exceptions.NoScriptError,
    *MOVED,
)
"""Failures of a store that is down, loading, failing over, full or on the move: the same write may succeed later."""


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


Note = Callable[[Mapping[int, list[int]]], None]


def _note_nothing(_smaller: Mapping[int, list[int]]) -> None:
    """Refused rows are of no interest."""


class Writer:
    """Writes to the nodes that hold the shards, one after the other.

    Every method may raise one of TRANSIENT, or another RedisError, and may then be called again with the same batch.
    """

    def __init__(self, nodes: Nodes, ns: str) -> None:
        self.nodes = nodes
        self.ns = ns
        # What a shard holds of a partition where another holds less: it is brought back with the next offset.
        self._ahead: dict[tuple[str, TopicPart], int | None] = {}

    def client_of(self, key: str) -> Client:
        """A client of the node that holds a key."""
        return self.nodes.client_of(key)

    def look(self) -> None:
        """Look at a cluster anew: slots may have moved though nothing was refused."""
        self.nodes.lose()

    def write(self, writes: Sequence[GuardedWrite], advances: Sequence[Advance], note: Note = _note_nothing) -> Written:
        """Records first; once every one is known to be written, the applied offsets that say so; two round trips each.

        Args:
            note: called between the two with `Written.smaller`; what it raises leaves the offsets where they are.
        """
        refused: dict[str, Refused] = {}
        smaller: dict[int, list[int]] = {}
        try:
            if writes:
                refused, smaller = _tally(writes, self._guarded(writes))
                note(smaller)
            found = self._advance(advances) if advances else {}
        except exceptions.RedisError as failure:
            self.nodes.lose(failure)
            raise
        return Written(refused=refused, smaller=smaller, found=found)

    def _guarded(self, writes: Sequence[GuardedWrite]) -> list[Any]:
        """What the guard said of each."""
        piles: dict[Shard, list[int]] = {}
        for place, write in enumerate(writes):
            piles.setdefault(self.nodes.shard_of(write.key), []).append(place)
        replies: list[Any] = [None] * len(writes)
        for shard, client in self.nodes.shards():
            places = piles.get(shard, [])
            if places:
                some = [writes[place] for place in places]
                found = attempt(client, guard.SCRIPTS, lambda pipe, some=some: _queue(pipe, some))  # type: ignore[misc]
                for place, reply in zip(places, found, strict=True):
                    replies[place] = reply
        self._elsewhere(writes, replies)
        for reply in replies:
            if isinstance(reply, exceptions.RedisError):
                raise reply
        return replies

    def _elsewhere(self, writes: Sequence[GuardedWrite], replies: list[Any]) -> None:
        """Do where its slot moves to what is not, or no more, where it moves from; its reply takes the place of ASK."""
        moving: dict[Address, list[int]] = {}
        for place, reply in enumerate(replies):
            if isinstance(reply, exceptions.AskError):
                moving.setdefault((reply.host, int(reply.port)), []).append(place)
        for address, places in moving.items():

            def queue(pipe: Pipeline, places: list[int] = places) -> None:
                for place in places:
                    pipe.execute_command("ASKING")
                    guard.queue(pipe, writes[place])

            found = run(self.nodes.at(address), guard.SCRIPTS, queue)
            for place, reply in zip(places, found[1::2], strict=True):
                replies[place] = reply

    def _advance(self, advances: Sequence[Advance]) -> dict[TopicPart, int | None]:
        """Partitions whose offset was not what was expected in some shard, and what it holds."""
        found: dict[TopicPart, int | None] = {}
        for shard, client in self.nodes.shards():
            its_own = [
                advance._replace(expected=self._ahead.get((shard.tag, advance.part), advance.expected))
                for advance in advances
            ]
            (reply,) = run(
                client,
                (applied.SCRIPT,),
                lambda pipe: applied.queue(pipe, self.ns, its_own, shard),  # noqa: B023
            )
            found |= applied.mismatches(reply, its_own)
            for advance in advances:
                self._ahead.pop((shard.tag, advance.part), None)
        return found

    def applied(self, parts: Iterable[TopicPart]) -> dict[TopicPart, int | None]:
        """The offset of each partition up to which every shard was written; None where one holds none."""
        wanted = list(parts)
        held = {shard: applied.of_shard(client, self.ns, shard, wanted) for shard, client in self.nodes.shards()}
        common = applied.common(list(held.values()))
        for shard, offsets in held.items():
            for part, offset in offsets.items():
                self._ahead.pop((shard.tag, part), None)
                if offset != common[part]:
                    self._ahead[shard.tag, part] = offset
        return common

    def prove(self, claims: Iterable[Claim]) -> None:
        """Set the stamp of every fragment for which a proof counts."""
        sound = [claim for claim in claims if claim.proofs]
        if not sound:
            return
        for shard, client in self.nodes.shards():

            def queue(pipe: Pipeline, shard: Shard = shard) -> None:
                for claim in sound:
                    proven.queue(pipe, self.ns, claim, shard)

            run(client, (proven.SCRIPT,), queue)

    def count(self, counters: Mapping[str, int]) -> None:
        """Add to the counters."""
        if not counters:
            return
        key = counters_key(self.ns)
        with self.client_of(key).pipeline(transaction=True) as pipe:
            for field, count in counters.items():
                pipe.hincrby(key, field, count)
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
