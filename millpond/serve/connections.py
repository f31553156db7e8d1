"""Trips made with sockets: connections to each node, taken for a trip and given back whole or not at all."""

import os
import selectors
import ssl
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock
from typing import Any, Final, TypeVar

import redis
import redis.exceptions

from millpond.serve.cache import Cache, TileCache
from millpond.serve.connecting import SYNC, Maker, maker
from millpond.serve.exchange import CachedExchange, Exchange, hear, packed, parser
from millpond.serve.parcels import LATE, Answer, Failure, Parcel, Result, Trip
from millpond.serve.part import Command
from millpond.store.address import StoreAddress
from millpond.store.shards import Address

_T = TypeVar("_T")

_CHUNK: Final = 65_536  # bytes
_OPENED_AT_ONCE: Final = 16
_LATE: Final = (TimeoutError, redis.TimeoutError)
_REFUSED: Final = (redis.AuthenticationError, redis.exceptions.AuthorizationError)


def broken(cause: Exception) -> Failure:
    """Of a connection that broke, or could not be opened."""
    if isinstance(cause, _LATE):
        return LATE
    is_refused = isinstance(cause, _REFUSED)
    return Failure(f"{type(cause).__name__}: {cause}", is_broken=not is_refused, is_refused=is_refused)


class Link:
    """An open connection.

    Args:
        cache: of what is read over it; None where nothing is held.

    Attributes:
        number: connections to a node are numbered as they are opened.
        socket: it goes over.
    """

    def __init__(self, connection: Any, number: int, cache: TileCache | None = None) -> None:
        self._connection = connection
        self._parser = parser()
        self._cache = cache
        self.number = number
        self.socket = connection._sock  # noqa: SLF001  there is no other way to it

    def close(self) -> None:
        """End it."""
        self._connection.disconnect()

    def begin(self, commands: Sequence[Command]) -> Exchange:
        """What is to be sent of a parcel.

        Raises:
            OSError: it broke.
            redis.InvalidResponse: what came is no reply.
        """
        if self._cache is None:
            return Exchange(self._parser, commands)
        self.socket.settimeout(0)
        with suppress(BlockingIOError, ssl.SSLWantReadError):  # most of what has changed is told by now
            hear(self._parser, self._cache, self.socket.recv(_CHUNK))
        return CachedExchange(self._parser, commands, self._cache)

    def send(self, commands: Sequence[Command], deadline: float) -> None:
        """Send commands.

        Raises:
            TimeoutError: they could not be sent by the deadline.
            OSError: it broke.
        """
        self._wait_until(deadline)
        self.socket.sendall(packed(commands))

    def make(self, exchange: Exchange, deadline: float) -> None:
        """Send what is wanted, and take in what comes, until all is there.

        Raises:
            TimeoutError: it was not by the deadline.
            OSError: it broke.
            redis.InvalidResponse: what came is no reply.
        """
        while exchange.wanted:
            self.send(exchange.wanted, deadline)  # and says how long to wait for the first reply
            while not exchange.feed(self.socket.recv(_CHUNK)):
                self._wait_until(deadline)

    def _wait_until(self, deadline: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        self.socket.settimeout(left)


class Node:
    """The connections to one node; a connection is opened beside the read that needs it, which may give up earlier.

    Args:
        maker: what makes a connection.
    """

    def __init__(self, maker: Maker) -> None:
        self._maker = maker
        self._lock = Lock()
        self._reset()

    def _reset(self) -> None:
        self._process = os.getpid()
        self._idle: deque[Link] = deque()
        self._abandoned: deque[Future[Link | Failure]] = deque()  # openings that nobody waits for any more
        self._opener: ThreadPoolExecutor | None = None
        self.opened = 0

    def take(self, deadline: float, *, is_anew: bool) -> Link | Failure:
        """A connection that nobody else has.

        Args:
            is_anew: those that there are broke, or may have.
        """
        if self._process != os.getpid():
            self._reset()  # a fork: connections are its parent's
        if is_anew:
            self.drop()
        try:
            return self._idle.pop()
        except IndexError:
            return self._new(deadline)

    def give_back(self, link: Link) -> None:
        """It may be taken again: all that was asked over it was answered."""
        self._idle.append(link)

    def _new(self, deadline: float) -> Link | Failure:
        opening = self._opening()
        try:
            return opening.result(max(0.0, deadline - time.monotonic()))
        except TimeoutError:
            self._abandoned.append(opening)
            return LATE

    def _opening(self) -> "Future[Link | Failure]":
        """One that somebody began and could not wait for, or a new one."""
        while (opening := _first(self._abandoned)) is not None:
            if not opening.done() or isinstance(opening.result(), Link):
                return opening
        with self._lock:
            if self._opener is None:
                self._opener = ThreadPoolExecutor(_OPENED_AT_ONCE, thread_name_prefix="millpond-connecting")
        return self._opener.submit(self._open)

    def _open(self) -> Link | Failure:
        connection = self._maker.make()
        try:
            connection.connect()
            for command in self._maker.first:
                connection.send_command(*command)
                connection.read_response()
        except (redis.RedisError, OSError) as cause:
            connection.disconnect()
            return broken(cause)
        with self._lock:
            self.opened += 1
            return Link(connection, self.opened, self._maker.cache())

    def drop(self) -> None:
        """Close what nobody has taken."""
        for _ in range(len(self._abandoned)):
            opening = _first(self._abandoned)
            if opening is None:
                break
            if not opening.done():
                self._abandoned.append(opening)
            elif isinstance(link := opening.result(), Link):
                link.close()
        while (idle := _first(self._idle)) is not None:
            idle.close()

    def close(self) -> None:
        """Close everything; what is still being opened, once it is."""
        if self._opener is not None:
            self._opener.shutdown(wait=True)
        while self._abandoned:
            opened = self._abandoned.popleft().result()
            if isinstance(opened, Link):
                opened.close()
        self.drop()
        for client in self._maker.asked:
            client.close()


def _first(those: deque[_T]) -> _T | None:
    """Take the first, which nobody else gets; None where there is none: others take them, too."""
    try:
        return those.popleft()
    except IndexError:
        return None


class Wire:
    """Makes trips to the nodes of a store."""

    def __init__(self, store: StoreAddress, connect_timeout_s: float, cache: Cache | None = None) -> None:
        self._store = store
        self._timeout_s = connect_timeout_s
        self._cache = cache
        self._nodes: dict[Address | None, Node] = {}
        self._lock = Lock()

    def node(self, address: Address | None) -> Node:
        """The connections to a node."""
        found = self._nodes.get(address)
        if found is None:
            with self._lock:
                its_own = maker(SYNC, self._store, address, self._timeout_s, self._cache)
                found = self._nodes.setdefault(address, Node(its_own))
        return found

    @property
    def opened(self) -> int:
        """How many connections were opened so far."""
        return sum(node.opened for node in self._nodes.values())

    def make(self, trip: Trip) -> list[Result]:
        """What came of each parcel."""
        if len(trip.parcels) == 1:
            return [self._made(trip.parcels[0], trip.deadline)]
        sent = [self._sent(parcel, trip.deadline) for parcel in trip.parcels]
        return _gathered(sent, trip.deadline)

    def _made(self, parcel: Parcel, deadline: float) -> Result:
        node = self.node(parcel.shard.address)
        link = node.take(deadline, is_anew=parcel.is_anew)
        if isinstance(link, Failure):
            return link
        opened = node.opened
        is_whole = False
        try:
            exchange = link.begin(parcel.commands)
            link.make(exchange, deadline)
            is_whole = True
        except (OSError, redis.RedisError) as cause:
            return broken(cause)
        finally:
            # With replies left unread it is closed, never taken again.
            if is_whole:
                node.give_back(link)
            else:
                link.close()
        return _answer(exchange, link, opened)

    def _sent(self, parcel: Parcel, deadline: float) -> "_Sent | Failure":
        node = self.node(parcel.shard.address)
        link = node.take(deadline, is_anew=parcel.is_anew)
        if isinstance(link, Failure):
            return link
        opened = node.opened
        try:
            exchange = link.begin(parcel.commands)
            link.send(exchange.wanted, deadline)
        except (OSError, redis.RedisError) as cause:
            link.close()
            return broken(cause)
        return _Sent(node, link, exchange, opened)

    def close(self) -> None:
        """Close all connections."""
        for node in self._nodes.values():
            node.close()


def _answer(exchange: Exchange, link: Link, opened: int) -> Answer:
    return Answer(exchange.replies, link.number, opened, exchange.has_errors, exchange.recalled)


class _Sent:
    """A parcel on its way."""

    def __init__(self, node: Node, link: Link, exchange: Exchange, opened: int) -> None:
        self.node = node
        self.link = link
        self.exchange = exchange
        self.opened = opened

    def receive(self, deadline: float) -> bool:
        """Take in what has come, and send what is wanted then; whether all is there.

        Raises:
            OSError: it broke.
            redis.InvalidResponse: what came is no reply.
        """
        socket = self.link.socket
        is_answered = self.exchange.feed(socket.recv(_CHUNK))
        while hasattr(socket, "pending") and socket.pending():  # decrypted already: no selector tells of it
            is_answered = self.exchange.feed(socket.recv(_CHUNK))
        if is_answered and self.exchange.wanted:
            self.link.send(self.exchange.wanted, deadline)
        return not self.exchange.wanted


def _gathered(sent: "Sequence[_Sent | Failure]", deadline: float) -> list[Result]:
    """The answers of several nodes, in whichever order they come: one that hangs keeps none of the others from it."""
    results: list[Result] = [one if isinstance(one, Failure) else LATE for one in sent]
    is_whole = [False] * len(sent)
    try:
        with selectors.DefaultSelector() as selector:
            for place, one in enumerate(sent):
                if isinstance(one, _Sent):
                    selector.register(one.link.socket, selectors.EVENT_READ, place)
            while selector.get_map() and (left := deadline - time.monotonic()) > 0:
                for key, _ in selector.select(left):
                    place = key.data
                    one = sent[place]
                    assert isinstance(one, _Sent), "it was registered"
                    try:
                        if one.receive(deadline):
                            is_whole[place] = True
                            results[place] = _answer(one.exchange, one.link, one.opened)
                            selector.unregister(key.fileobj)
                    except (OSError, redis.RedisError) as cause:
                        results[place] = broken(cause)
                        selector.unregister(key.fileobj)
    finally:
        for one, whole in zip(sent, is_whole, strict=True):
            if isinstance(one, _Sent):
                if whole:
                    one.node.give_back(one.link)
                else:
                    one.link.close()
    return results
