"""Where keys lie: the shards of a store, and which of them holds a key.

A store of one node is one shard. A cluster has one a primary; its slots may move, and so which shard holds a key. What
is told of a shard (how far it is filled, how fresh it is) lies on it, under keys whose tag leads to its first slot.
"""

import binascii
from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Final, NamedTuple

SLOTS: Final = 16_384

Address = tuple[str, int]


class Shard(NamedTuple):
    """What one primary holds.

    Attributes:
        address: of the primary; None where the store is one node, wherever that is.
        tag: leads to its first slot; empty where the store is one node.
        slots: those it holds, as `0-5460,9000`; empty where the store is one node.
    """

    address: Address | None = None
    tag: str = ""
    slots: str = ""


WHOLE: Final = Shard()
"""The one shard of a store of one node."""


class Topology(NamedTuple):
    """The shards of a store.

    Attributes:
        shards: all of them.
        starts: where ranges of slots start, in order; empty where the store is one node.
        holders: which shard holds each range, by its place; -1 where none does.
    """

    shards: tuple[Shard, ...]
    starts: tuple[int, ...] = ()
    holders: tuple[int, ...] = ()

    def shard_of(self, key: str) -> Shard | None:
        """The shard that holds a key; None where none does."""
        if not self.starts:
            return self.shards[0]
        holder = self.holders[bisect_right(self.starts, slot_of(key)) - 1]
        return self.shards[holder] if holder >= 0 else None


ONE_NODE: Final = Topology((WHOLE,))


def slot_of(key: str) -> int:
    """The slot of a key, as the cluster specification has it: of what the first braces hold, if they hold anything."""
    start = key.find("{")
    if start >= 0:
        end = key.find("}", start + 1)
        if end > start + 1:
            key = key[start + 1 : end]
    return binascii.crc_hqx(key.encode(), 0) % SLOTS


@lru_cache(maxsize=1024)
def tag_of(slot: int) -> str:
    """A tag that leads to a slot: the first number, in decimal, that does."""
    return next(text for text in map(str, count()) if slot_of(text) == slot)


def topology_of(reply: Sequence[Any], asked: Address) -> Topology:
    """The topology that CLUSTER SLOTS tells.

    Args:
        reply: ranges: first slot, last slot, the primary's host, port, …, then replicas.
        asked: who told it: a node that does not know its own name gives an empty one.
    """
    ranges: dict[Address, list[tuple[int, int]]] = {}
    for first, last, (host, port, *_), *_ in reply:
        name = host.decode() if isinstance(host, bytes) else host
        ranges.setdefault((name or asked[0], int(port)), []).append((int(first), int(last)))
    shards: list[Shard] = []
    pieces: list[tuple[int, int, int]] = []
    for address, held in ranges.items():
        held.sort()
        text = ",".join(str(first) if first == last else f"{first}-{last}" for first, last in held)
        pieces += [(first, last, len(shards)) for first, last in held]
        shards.append(Shard(address, tag_of(held[0][0]), text))
    starts: list[int] = []
    holders: list[int] = []
    at = 0
    for first, last, place in sorted(pieces):
        if first > at:
            starts.append(at)
            holders.append(-1)
        starts.append(first)
        holders.append(place)
        at = last + 1
    if at < SLOTS:
        starts.append(at)
        holders.append(-1)
    return Topology(tuple(shards), tuple(starts), tuple(holders))
