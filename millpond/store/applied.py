"""Applied offsets: how far each partition of a tile topic has been written to the store, kept in the store itself.

They lie beside the data, so whatever loses data loses them too: a store that was emptied, restored from an older
snapshot or failed over no longer holds what the materializer expects, and says so at the next compare-and-set.
"""

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from millpond.store.keys import SLOTS_FIELD, applied_field, applied_key, freshness_key, topic_freshness_field
from millpond.store.nodes import Client, Nodes
from millpond.store.scripts import Pipeline, Script
from millpond.store.shards import WHOLE, Shard

SCRIPT = Script.load("applied")


class TopicPart(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]"


class Advance(NamedTuple):
    """One compare-and-set.

    Attributes:
        part: the partition.
        expected: the offset the store should hold; None for none.
        new: the next offset to apply.
        fresh_at: an instant (ms) at whose log end `new` lies or was passed; None where that is not known.
    """

    part: TopicPart
    expected: int | None
    new: int
    fresh_at: int | None = None


def queue(pipe: Pipeline, ns: str, advances: Sequence[Advance], shard: Shard = WHOLE) -> None:
    """Add one call for all of `advances` to a pipeline to a shard."""
    arguments: list[Any] = [shard.slots]
    for (topic, partition), expected, new, fresh_at in advances:
        arguments += (
            applied_field(topic, partition),
            "" if expected is None else expected,
            new,
            topic_freshness_field(topic, partition),
            "" if fresh_at is None else fresh_at,
        )
    pipe.execute_command("EVALSHA", SCRIPT.sha, 2, applied_key(ns, shard.tag), freshness_key(ns, shard.tag), *arguments)


def mismatches(reply: list[bytes], advances: Sequence[Advance]) -> dict[TopicPart, int | None]:
    """What the store holds instead, for each advance that was not made."""
    parts = {applied_field(*advance.part).encode(): advance.part for advance in advances}
    found = dict(zip(reply[::2], reply[1::2], strict=True))
    return {parts[field]: int(offset) if offset else None for field, offset in found.items()}


Offsets = dict[TopicPart, int | None]


def read(nodes: Nodes, ns: str, parts: Iterable[TopicPart]) -> Offsets:
    """The offset of each partition up to which every shard was written; None where one holds none.

    Raises:
        RedisError: a shard does not answer.
    """
    return common([of_shard(client, ns, shard, parts) for shard, client in nodes.shards()])


def of_shard(client: Client, ns: str, shard: Shard, parts: Iterable[TopicPart]) -> Offsets:
    """The applied offset of each partition in one shard; None where none is stored, or for other slots than it has."""
    wanted = list(parts)
    if not wanted:
        return {}
    if shard.slots and client.hget(freshness_key(ns, shard.tag), SLOTS_FIELD) != shard.slots.encode():
        return dict.fromkeys(wanted)
    stored = client.hmget(applied_key(ns, shard.tag), [applied_field(*part) for part in wanted])
    return {part: None if offset is None else int(offset) for part, offset in zip(wanted, stored, strict=True)}


def common(shards: Sequence[Offsets]) -> Offsets:
    """What all shards have: the least offset of each partition."""
    first, *others = shards
    found = dict(first)
    for one in others:
        for part, offset in one.items():
            known = found[part]
            found[part] = None if known is None or offset is None else min(known, offset)
    return found
