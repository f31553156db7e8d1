"""What tile keys held when they were last read, as long as the server does not tell that they have changed.

A cache is of one connection. The server notes what was read over it and, before anything that it answers later, tells
of each key that has changed since (`CLIENT TRACKING`, https://valkey.io/topics/client-side-caching/). So a read asks
for anything at all, and what it recalls is right unless it is told otherwise in front of the reply:

    read 1   GET a, GET b, HGET epoch     -> a, b, epoch
                                             (a changes)
    read 2   HGET epoch                   -> "a has changed", epoch
             GET a, HGET epoch            -> a, epoch
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from millpond.serve.part import Command

OVERHEAD: Final = 1_500
"""Bytes that are kept for a reply beside its own: its key, what finds it, and what was made of it."""

_ASKING: Final = ("ASKING",)


class Cached:
    """A reply that is held.

    Attributes:
        reply: of the store.
        is_current: nothing has told that it is another one by now.
        made: what was made of it, by whoever did.
    """

    __slots__ = ("is_current", "made", "reply", "size")

    def __init__(self, reply: Any) -> None:
        self.reply = reply
        self.is_current = True
        self.made: Any = None
        self.size = OVERHEAD + _bytes(reply)


def _bytes(reply: Any) -> int:
    if isinstance(reply, bytes):
        return len(reply)
    return sum(map(_bytes, reply)) if isinstance(reply, list) else 0


def reply_of(one: Any) -> Any:
    """A reply as it came, whether it is held or not."""
    return one.reply if isinstance(one, Cached) else one


class TileCache:
    """The replies that are held of one connection.

    Args:
        prefix: of tiles' keys; nothing else is held.
        most: bytes; beyond, what has been held the longest gives way.

    Attributes:
        dropped: how many replies are held no more.
    """

    def __init__(self, prefix: str, most: int) -> None:
        self._prefix = prefix
        self._most = most
        self._size = 0
        self.dropped = 0
        self._held: dict[Command, Cached] = {}
        self._of_key: dict[str, list[Command]] = {}

    def holds(self, command: Command) -> bool:
        """Whether the reply to a command may be held."""
        return len(command) > 1 and command[1].startswith(self._prefix)

    def recall(self, commands: Sequence[Command]) -> "list[Cached | None]":
        """What is held for each command that is to be sent.

        Nothing is, where the last is for something that may be held: then it might be that nothing is asked at all, and
        nobody told what has changed. And nothing where a cluster's node is asked for what moves to it.
        """
        if self.holds(commands[-1]) or _ASKING in commands:
            return [None] * len(commands)
        held = self._held
        return [held.get(command) for command in commands]

    def hold(self, command: Command, reply: Any) -> Any:
        """Hold the reply to a command; returns what is held or, of what is not to be, the reply."""
        if not self.holds(command):
            return reply
        found = Cached(reply)
        self._drop(command)
        self._held[command] = found
        self._of_key.setdefault(command[1], []).append(command)
        self._size += found.size
        while self._size > self._most:
            self._drop(next(iter(self._held)))
        return found

    def told(self, push: Sequence[Any]) -> None:
        """Take in what the server has pushed: which keys have changed, or that all have."""
        if push[0] != b"invalidate":
            return
        keys = list(self._of_key) if push[1] is None else [key.decode() for key in push[1]]
        for key in keys:
            for command in list(self._of_key.get(key, ())):
                self._drop(command)

    def _drop(self, command: Command) -> None:
        dropped = self._held.pop(command, None)
        if dropped is None:
            return
        dropped.is_current = False
        self.dropped += 1
        self._size -= dropped.size
        its_keys = self._of_key[command[1]]
        its_keys.remove(command)
        if not its_keys:
            del self._of_key[command[1]]


Cache: TypeAlias = Callable[[], TileCache]
"""What makes an empty cache, one for each connection."""
