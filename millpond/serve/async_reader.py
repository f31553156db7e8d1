"""AsyncReader: the Reader of an event loop; it makes the same trips, and others go on while it waits for them."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Self, TypeVar

from millpond.plan.clock import now_ms
from millpond.plan.deployment import Publication
from millpond.plan.windows import STALE_AFTER
from millpond.serve.async_connections import AsyncWire
from millpond.serve.parcels import Trips
from millpond.serve.reading import TIMEOUT_MS, Environment, Reading, opening
from millpond.serve.vector import Vector
from millpond.store.address import StoreAddress

CONNECTIONS: Final = 32

_T = TypeVar("_T")


class AsyncReader:
    """Reads the features of one environment, on one event loop.

        pool = AsyncReader.connect("redis://localhost:6379")
        shopper = await pool.open("retail.shopper", version=1)
        vector = await shopper.read({"household_id": 1, "store_id": 5})

    Many reads may be on their way; a read that is cancelled leaves nothing behind.
    """

    def __init__(self, wire: AsyncWire, environment: Environment) -> None:
        self.wire = wire
        self.environment = environment

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        ns: str = "dev",
        stale_after_ms: int = STALE_AFTER,
        connect_timeout_ms: int = 1_000,
        connections: int = CONNECTIONS,
        clock: Callable[[], int] = now_ms,
        cache_bytes: int = 0,
    ) -> Self:
        """A reader of the store at `url`; nothing is opened yet.

        Args:
            url, ns, stale_after_ms, connect_timeout_ms, clock, cache_bytes: as of `Reader.connect`.
            connections: to each node at most; a read waits for one within its own timeout.

        Raises:
            MillpondError: `url` says no store.
        """
        store = StoreAddress.parse(url)
        environment = Environment.of(
            store,
            ns,
            stale_after_ms=stale_after_ms,
            patience_ms=connect_timeout_ms,
            clock=clock,
            cache_bytes=cache_bytes,
        )
        return cls(AsyncWire(store, connect_timeout_ms / 1000, connections, environment.cache), environment)

    async def open(self, full_name: str, *, version: int) -> "AsyncOpenSet":
        """The published feature set `<domain>.<set>`, at a version: models pin versions.

        Raises:
            ReadError: it is not published, or the store does not answer.
            PlanError: the store holds a damaged document.
        """
        return AsyncOpenSet(self, await self.run(opening(self.environment, full_name, version)))

    async def run(self, trips: Trips[_T]) -> _T:
        """Make trips, one after the other, and return what they come to."""
        try:
            trip = next(trips)
            while True:
                trip = trips.send(await self.wire.make(trip))
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    async def close(self) -> None:
        """Close the connections."""
        await self.wire.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()


class AsyncOpenSet:
    """One published feature set, ready to be read; it follows its pointer when that moves."""

    def __init__(self, reader: AsyncReader, reading: Reading) -> None:
        self._reader = reader
        self._reading = reading
        self._following: asyncio.Task[None] | None = None

    @property
    def publication(self) -> Publication:
        """What is served now."""
        return self._reading.flow.publication

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features, in order."""
        return self._reading.flow.names

    async def read(
        self,
        request: Mapping[str, object],
        *,
        as_of: int | None = None,
        timeout_ms: int = TIMEOUT_MS,
        receipt: bool = False,
    ) -> Vector:
        """The vector of one request; see `OpenSet.read_many`."""
        return (await self.read_many([request], as_of=as_of, timeout_ms=timeout_ms, receipts=receipt))[0]

    async def read_many(
        self,
        requests: Sequence[Mapping[str, object]],
        *,
        as_of: int | None = None,
        timeout_ms: int = TIMEOUT_MS,
        receipts: bool = False,
    ) -> list[Vector]:
        """One vector a request, in order, in one round trip to each shard of the store; see `OpenSet.read_many`.

        Raises:
            ReadError: a request lacks a field or has one of the wrong type.
        """
        reading = self._reading
        spans = reading.spans
        if spans is None or not spans.are_wanted:
            vectors = await self._reader.run(reading.vectors(requests, as_of, timeout_ms, receipts=receipts))
        else:
            with spans.span() as vectors:
                vectors += await self._reader.run(reading.vectors(requests, as_of, timeout_ms, receipts=receipts))
        if reading.moved_to and (self._following is None or self._following.done()):
            self._following = asyncio.create_task(self._follow())
        return vectors

    async def _follow(self) -> None:
        """Serve from what the pointer leads to, as soon as it is loaded."""
        serve = await self._reader.run(self._reading.following())
        # On another thread: decoding and laying out a plan takes longer than a request may wait.
        await asyncio.to_thread(serve)
