"""One parcel over one connection, without I/O: what is to be sent of it, and the replies that come."""

from collections.abc import Sequence
from typing import Any, Final

import hiredis
import redis
from hiredis import pack_command

from millpond.serve.cache import TileCache
from millpond.serve.part import Command

_MORE: Final = object()  # where a reply is not whole yet


def parser() -> Any:
    """What puts the replies of a connection together of bytes as they come; redis-py reads one by one, in 2 us each."""
    return hiredis.Reader(notEnoughData=_MORE, replyError=redis.ResponseError, protocolError=redis.InvalidResponse)


def packed(commands: Sequence[Command]) -> bytes:
    """Commands as they are sent. redis-py packs one by one, in 2 us each; hiredis, which it calls, takes a tenth."""
    return b"".join([pack_command(command) for command in commands])  # type: ignore[arg-type]  # its stub: tuples of one


def _come(parser: Any, received: bytes) -> list[Any]:
    """What is whole by now."""
    if not received:
        raise ConnectionError("it was closed")
    parser.feed(received)
    come = []
    while (reply := parser.gets()) is not _MORE:
        come.append(reply)
    return come


class Exchange:
    """A parcel whose commands are all sent.

    Args:
        parser: of the connection.
        commands: the parcel's.

    Attributes:
        wanted: what is to be sent next; nothing once all is there.
        replies: one a command, once all is there.
        has_errors: some of them are.
        recalled: how many were held.
    """

    def __init__(self, parser: Any, commands: Sequence[Command]) -> None:
        self._parser = parser
        self._count = len(commands)
        self.wanted = commands
        self.replies: list[Any] = []
        self.has_errors = False
        self.recalled = 0

    def feed(self, received: bytes) -> bool:
        """Take some bytes in; whether all that was sent is answered.

        Raises:
            ConnectionError: there are none, for the other side closed.
            redis.InvalidResponse: they are no replies.
        """
        for reply in _come(self._parser, received):
            if isinstance(reply, Exception):
                self.has_errors = True
            self.replies.append(reply)
        if len(self.replies) < self._count:
            return False
        self.wanted = ()
        return True


class CachedExchange(Exchange):
    """A parcel of which what the connection's cache holds is not sent.

    The last command is answered behind all others that are, as in a parcel that is sent whole.

    Args:
        cache: the connection's.
    """

    def __init__(self, parser: Any, commands: Sequence[Command], cache: TileCache) -> None:
        super().__init__(parser, commands)
        self._commands = commands
        self._cache = cache
        self._dropped = cache.dropped
        recalled = cache.recall(commands)
        self.replies = [*recalled]
        self._recalled = [at for at, one in enumerate(recalled) if one is not None]
        self.recalled = len(self._recalled)
        self._ask([at for at, one in enumerate(recalled) if one is None])

    def _ask(self, places: list[int]) -> None:
        self._asked, self._come = places, 0
        self.wanted = [self._commands[at] for at in places]

    def feed(self, received: bytes) -> bool:
        """As of a parcel that is sent whole."""
        for reply in _come(self._parser, received):
            if isinstance(reply, hiredis.PushNotification):
                self._cache.told(reply)
                continue
            at = self._asked[self._come]
            self._come += 1
            if isinstance(reply, Exception):
                self.has_errors = True
                self.replies[at] = reply
            else:
                self.replies[at] = self._cache.hold(self._commands[at], reply)
        if self._come < len(self._asked):
            return False
        self.wanted = ()
        if self._cache.dropped != self._dropped:
            self._ask_again()
        return True

    def _ask_again(self) -> None:
        """For what was recalled and has changed, if anything has."""
        self._dropped = self._cache.dropped
        changed = [at for at in self._recalled if not self.replies[at].is_current]
        if changed:
            self._recalled = [at for at in self._recalled if self.replies[at].is_current]
            self.recalled -= len(changed)
            self._ask([*changed, len(self._commands) - 1])


def hear(parser: Any, cache: TileCache, received: bytes) -> None:
    """Take in what was pushed while nothing was asked.

    Raises:
        ConnectionError: there is nothing, for the other side closed.
        redis.InvalidResponse: it is nothing that is pushed.
    """
    for push in _come(parser, received):
        if not isinstance(push, hiredis.PushNotification):
            raise redis.InvalidResponse(f"{push!r} was not asked for")
        cache.told(push)
