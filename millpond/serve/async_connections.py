"""Trips made on an event loop: connections to each node, taken for a trip and given back whole or not at all."""

import asyncio
import time
from collections import deque
from typing import Any, Final

import redis

from millpond.serve.cache import Cache, TileCache
from millpond.serve.connecting import ASYNC, Maker, maker
from millpond.serve.connections import broken
from millpond.serve.exchange import CachedExchange, Exchange, packed, parser
from millpond.serve.parcels import LATE, Answer, Failure, Parcel, Result, Trip
from millpond.store.address import StoreAddress
from millpond.store.shards import Address

_CHUNK: Final = 65_536  # bytes


class AsyncLink:
    """An open connection.

    Args:
        cache: of what is read over it; None where nothing is held.

    Attributes:
        number: connections to a node are numbered as they are opened.
    """

    def __init__(self, connection: Any, number: int, cache: TileCache | None) -> None:
        self.number = number
        self._parser = parser()
        self._cache = cache
        # redis-py reads one by one; there is no other way to what it reads from.
        self._reader: asyncio.StreamReader = connection._reader  # noqa: SLF001
        self._writer: asyncio.StreamWriter = connection._writer  # noqa: SLF001
        # What is dropped without being closed warns: this keeps redis-py's object as long as ours.
        self._connection = connection

    def close(self) -> None:
        """End it at once: nothing is left to be said, and closing in good order takes the other side's part in TLS."""
        self._writer.transport.abort()
        self._connection._reader = self._connection._writer = None  # noqa: SLF001

    async def exchange(self, parcel: Parcel) -> Exchange:
        """What the commands gave.

        Raises:
            OSError: it broke.
            redis.InvalidResponse: what came is no reply.
        """
        commands, cache = parcel.commands, self._cache
        made = Exchange(self._parser, commands) if cache is None else CachedExchange(self._parser, commands, cache)
        while made.wanted:
            self._writer.write(packed(made.wanted))
            while not made.feed(await self._reader.read(_CHUNK)):
                pass
        return made


class AsyncNode:
    """The connections to one node; a connection is opened beside the read that needs it, which may give up earlier.

    Args:
        maker: what makes a connection.
        most: connections at a time; reads wait for one within their own time.
    """

    def __init__(self, maker: Maker, most: int) -> None:
        self._maker = maker
        self._idle: deque[AsyncLink] = deque()
        self._abandoned: deque[asyncio.Task[AsyncLink | Failure]] = deque()  # openings that nobody waits for any more
        self.places = asyncio.Semaphore(most)
        self.opened = 0

    async def take(self, *, is_anew: bool) -> AsyncLink | Failure:
        """A connection that nobody else has.

        Args:
            is_anew: those that there are broke, or may have.
        """
        if is_anew:
            self.drop()
        if self._idle:
            return self._idle.pop()
        opening = self._opening()
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            self._abandoned.append(opening)
            raise

    def give_back(self, link: AsyncLink) -> None:
        """It may be taken again: all that was asked over it was answered."""
        self._idle.append(link)

    def _opening(self) -> "asyncio.Task[AsyncLink | Failure]":
        """One that somebody began and could not wait for, or a new one."""
        while self._abandoned:
            opening = self._abandoned.popleft()
            if not opening.done() or isinstance(opening.result(), AsyncLink):
                return opening
        return asyncio.create_task(self._open())

    async def _open(self) -> AsyncLink | Failure:
        connection = self._maker.make()
        try:
            await connection.connect()
            for command in self._maker.first:
                await connection.send_command(*command)
                await connection.read_response()
        except (redis.RedisError, OSError) as cause:
            await connection.disconnect(nowait=True)
            return broken(cause)
        self.opened += 1
        return AsyncLink(connection, self.opened, self._maker.cache())

    def drop(self) -> None:
        """Close what nobody has taken."""
        opened, self._abandoned = self._abandoned, deque(one for one in self._abandoned if not one.done())
        self._idle.extend(link for one in opened if one.done() and isinstance(link := one.result(), AsyncLink))
        while self._idle:
            self._idle.pop().close()

    async def close(self) -> None:
        """Close everything; what is still being opened, once it is."""
        await asyncio.gather(*self._abandoned)
        self.drop()
        for client in self._maker.asked:
            await client.aclose()
        await asyncio.sleep(0)  # sockets are closed by what runs on the loop next


class AsyncWire:
    """Makes trips to the nodes of a store, on one event loop."""

    def __init__(self, store: StoreAddress, connect_timeout_s: float, most: int, cache: Cache | None = None) -> None:
        self._store = store
        self._timeout_s = connect_timeout_s
        self._most = most
        self._cache = cache
        self._nodes: dict[Address | None, AsyncNode] = {}

    def node(self, address: Address | None) -> AsyncNode:
        """The connections to a node."""
        found = self._nodes.get(address)
        if found is None:
            its_own = maker(ASYNC, self._store, address, self._timeout_s, self._cache)
            found = self._nodes[address] = AsyncNode(its_own, self._most)
        return found

    async def make(self, trip: Trip) -> list[Result]:
        """What came of each parcel."""
        if len(trip.parcels) == 1:
            return [await self._made(trip.parcels[0], trip.deadline)]
        return list(await asyncio.gather(*(self._made(parcel, trip.deadline) for parcel in trip.parcels)))

    async def _made(self, parcel: Parcel, deadline: float) -> Result:
        try:
            async with asyncio.timeout(deadline - time.monotonic()):
                node = self.node(parcel.shard.address)
                async with node.places:
                    return await _exchanged(node, parcel)
        except TimeoutError:
            return LATE

    async def close(self) -> None:
        """Close all connections."""
        for node in self._nodes.values():
            await node.close()


async def _exchanged(node: AsyncNode, parcel: Parcel) -> Result:
    link = await node.take(is_anew=parcel.is_anew)
    if isinstance(link, Failure):
        return link
    opened = node.opened
    is_whole = False
    try:
        taken = await link.exchange(parcel)
        is_whole = True
    except (OSError, redis.RedisError) as cause:
        return broken(cause)
    finally:
        # Given up, cancelled or broken, with replies left unread: closed, never taken again.
        if is_whole:
            node.give_back(link)
        else:
            link.close()
    return Answer(taken.replies, link.number, opened, taken.has_errors, taken.recalled)
