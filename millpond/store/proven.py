"""Fragment stamps: since when every event of the source is in a fragment's tiles in the store; see proven.lua."""

from collections.abc import Sequence
from typing import NamedTuple

from millpond.store.keys import (
    EPOCH_FIELD,
    SLOTS_FIELD,
    fragment_freshness_field,
    freshness_key,
    topic_freshness_field,
)
from millpond.store.nodes import Nodes, everywhere
from millpond.store.scripts import Pipeline, Script
from millpond.store.shards import WHOLE, Shard

SCRIPT = Script.load("proven")


class Claim(NamedTuple):
    """What may be said of a fragment once its topic is applied far enough.

    Attributes:
        topic: the fragment's.
        partitions: of that topic.
        proofs: newest first: an instant (ms) at which the rows of all events in the source at another, the second,
            were in the topic.
    """

    topic: str
    partitions: int
    proofs: Sequence[tuple[int, int]]


def queue(pipe: Pipeline, ns: str, claim: Claim, shard: Shard = WHOLE) -> None:
    """Add one call to a pipeline to a shard."""
    parts = [topic_freshness_field(claim.topic, partition) for partition in range(claim.partitions)]
    proofs = [instant for proof in claim.proofs for instant in proof]
    fragment = fragment_freshness_field(claim.topic)
    pipe.execute_command("EVALSHA", SCRIPT.sha, 1, freshness_key(ns, shard.tag), fragment, len(parts), *parts, *proofs)


def stamps(nodes: Nodes, ns: str) -> dict[str, int]:
    """Every stamp by its field (ms), as it holds for the whole store: the oldest of its shards.

    Raises:
        RedisError: a shard does not answer.
    """
    hashes = [client.hgetall(freshness_key(ns, shard.tag)) for shard, client in nodes.shards()]
    words = (EPOCH_FIELD.encode(), SLOTS_FIELD.encode())
    return everywhere([{field: at for field, at in one.items() if field not in words} for one in hashes])


def epoch(nodes: Nodes, ns: str) -> str | None:
    """What was drawn when the first stamps were written, of each shard; None where one has none.

    Raises:
        RedisError: a shard does not answer.
    """
    found = [client.hget(freshness_key(ns, shard.tag), EPOCH_FIELD) for shard, client in nodes.shards()]
    return None if None in found else " ".join(one.decode() for one in found)
