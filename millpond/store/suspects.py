"""Suspects: rows that were refused for their smaller n, kept until a better row of their key follows in the topic.

A tile topic keeps the last row of each key. A TaskManager that was frozen and given up can come back and write what it
had in hand, behind the rows of the one that replaced it; compaction would leave that alone, and a store filled from it
would be wrong. The store remembers such rows, so that whoever materializes the partition next knows of them, too.
"""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from millpond.store.applied import TopicPart
from millpond.store.keys import suspects_key
from millpond.store.scripts import Client


class Place(NamedTuple):
    """A key of a tile topic."""

    part: TopicPart
    key: bytes

    @property
    def field(self) -> str:
        """Its field in the hash."""
        return f"{self.part}|{self.key.hex()}"


class Suspect(msgspec.Struct, frozen=True, kw_only=True):
    """A refused row's whereabouts.

    Args:
        place: its key in its topic.
        header: the first five bytes of its value: the schema it is written in.
        hash, field: where the store holds the better row.
        level, tile: of the tile: its size in ms, its number.
        n: the events it counts; the better row counts more.
    """

    place: Place
    header: bytes
    hash: str
    field: str
    level: int
    tile: int
    n: int


def read(client: Client, ns: str) -> list[Suspect]:
    """All suspects of an environment."""
    return [msgspec.json.decode(document, type=Suspect) for document in client.hvals(suspects_key(ns))]


def change(client: Client, ns: str, *, added: Iterable[Suspect], cleared: Iterable[Place]) -> None:
    """Remember some and forget others."""
    documents = {suspect.place.field: msgspec.json.encode(suspect) for suspect in added}
    fields = [place.field for place in cleared]
    with client.pipeline(transaction=False) as pipe:
        if documents:
            pipe.hset(suspects_key(ns), mapping=documents)
        if fields:
            pipe.hdel(suspects_key(ns), *fields)
        pipe.execute()
