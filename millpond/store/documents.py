"""Documents in the store: copies of what the journal holds, and the place up to which they were copied.

The journal (a compacted topic, see millpond.materialize.journal) is the record; the store is where Readers find it.
The place lies beside the copies, so whatever loses copies loses it too: a store that was emptied has none, and one
restored from an older snapshot an older one. Either is written again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Self

Client = Any  # redis.Redis: its stubs type every reply as a union of sync and async


class Document(NamedTuple):
    """The name of a document: a key of the store, or a field of a hash."""

    key: str
    field: str | None = None

    def __str__(self) -> str:
        return self.key if self.field is None else f"{self.key} {self.field}"

    @classmethod
    def parse(cls, name: str) -> Self:
        """The document of a name: `<key>` or `<key> <field>`; neither holds a space."""
        key, space, field = name.partition(" ")
        return cls(key, field if space else None)


Changes = Mapping[Document, bytes | None]
"""Documents as they are from now on; None for one that is removed."""


def prefix(ns: str) -> str:
    """What the names of all documents begin with: in a cluster they lie on one node, where a transaction holds them."""
    return f"{ns}:{{documents}}:"


def place_key(ns: str) -> str:
    """The offset of the journal before which everything has been copied."""
    return f"{prefix(ns)}journal"


def place(client: Client, ns: str) -> int:
    """The offset of the journal before which everything has been copied; 0 where nothing was.

    Raises:
        RedisError: the store does not answer.
    """
    return int(client.get(place_key(ns)) or 0)


def advance(client: Client, ns: str, changes: Changes, *, begin: int, end: int) -> None:
    """Copy what was written to the journal at the offsets from `begin` to before `end`, in one transaction.

    The place moves only if it was `begin`: a store that lacks earlier documents must not say that it has them.
    """
    at = place_key(ns)

    def write(pipe: Any) -> None:
        found = pipe.get(at)
        pipe.multi()
        _queue(pipe, changes)
        if found is not None and int(found) == begin:
            pipe.set(at, end)

    client.transaction(write, at)


def restore(client: Client, ns: str, documents: Changes, *, end: int) -> bool:
    """Make the store hold all documents of the journal before the offset `end`; False where it does.

    A store whose place is further on is left alone: a deployment has written to both since the journal was read.
    """
    at = place_key(ns)
    restored = False

    def write(pipe: Any) -> None:
        nonlocal restored
        found = pipe.get(at)
        restored = found is None or int(found) < end
        pipe.multi()
        if restored:
            _queue(pipe, documents)
            pipe.set(at, end)

    client.transaction(write, at)
    return restored


def _queue(pipe: Any, changes: Changes) -> None:
    for (key, field), value in changes.items():
        if field is not None:
            pipe.hdel(key, field) if value is None else pipe.hset(key, field, value)
        elif value is None:
            pipe.delete(key)
        else:
            pipe.set(key, value)
