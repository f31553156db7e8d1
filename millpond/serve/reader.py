"""Reader: the latest vectors, or those of an instant, from the store; it makes the trips of `reading` with sockets."""

from collections.abc import Callable, Mapping, Sequence
from threading import Lock, Thread
from typing import Self, TypeVar

from millpond.plan.clock import now_ms
from millpond.plan.deployment import Publication
from millpond.plan.windows import STALE_AFTER
from millpond.serve.connections import Wire
from millpond.serve.flow import Expected
from millpond.serve.parcels import Trips
from millpond.serve.reading import TIMEOUT_MS, Environment, Reading, opening
from millpond.serve.vector import Vector
from millpond.store.address import StoreAddress

_T = TypeVar("_T")


class Reader:
    """Reads the features of one environment.

        pool = Reader.connect("redis://localhost:6379")
        shopper = pool.open("retail.shopper", version=1)
        vector = shopper.read({"household_id": 1, "store_id": 5})

    Thread-safe: connections are pooled, one a read in flight.
    """

    def __init__(self, wire: Wire, environment: Environment) -> None:
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
        clock: Callable[[], int] = now_ms,
        cache_bytes: int = 0,
    ) -> Self:
        """A reader of the store at `url`.

        Args:
            url: `redis://host:port`, `redis+cluster://host:port,host:port` or `redis+sentinel://host:port,host:port/name`;
                `rediss` for TLS, `user:password@` before the hosts; see docs/reading.md.
            ns: the environment whose features are read.
            stale_after_ms: how long a pipeline may not have been seen up to date before its values are `stale`.
            connect_timeout_ms: for connecting, and for each answer while a connection is opened or a set is loaded. A
                read waits no longer than its own timeout: what it cannot wait for is there for the next one.
            clock: the wall clock (ms).
            cache_bytes: how much of what was read each connection may hold, see docs/reading.md; none by default.

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
        return cls(Wire(store, connect_timeout_ms / 1000, environment.cache), environment)

    def open(self, full_name: str, *, version: int) -> "OpenSet":
        """The published feature set `<domain>.<set>`, at a version: models pin versions.

        Raises:
            ReadError: it is not published, or the store does not answer.
            PlanError: the store holds a damaged document.
        """
        return OpenSet(self, self.run(opening(self.environment, full_name, version)))

    def run(self, trips: Trips[_T]) -> _T:
        """Make trips, one after the other, and return what they come to."""
        make = self.wire.make
        try:
            trip = next(trips)
            while True:
                trip = trips.send(make(trip))
        except StopIteration as done:
            return done.value  # type: ignore[no-any-return]

    @property
    def connections(self) -> int:
        """How many were opened so far: what was remembered before the last one may be of another store."""
        return self.wire.opened

    def close(self) -> None:
        """Close the connections."""
        self.wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class OpenSet:
    """One published feature set, ready to be read; it follows its pointer when that moves."""

    def __init__(self, reader: Reader, reading: Reading) -> None:
        self._reader = reader
        self._reading = reading
        self._loading = Lock()

    @property
    def publication(self) -> Publication:
        """What is served now."""
        return self._reading.flow.publication

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features, in order."""
        return self._reading.flow.names

    def read(
        self,
        request: Mapping[str, object],
        *,
        as_of: int | None = None,
        timeout_ms: int = TIMEOUT_MS,
        receipt: bool = False,
    ) -> Vector:
        """The vector of one request; see `read_many`."""
        return self.read_many([request], as_of=as_of, timeout_ms=timeout_ms, receipts=receipt)[0]

    def read_many(
        self,
        requests: Sequence[Mapping[str, object]],
        *,
        as_of: int | None = None,
        timeout_ms: int = TIMEOUT_MS,
        expected: Sequence[Expected | None] | None = None,
        receipts: bool = False,
    ) -> list[Vector]:
        """One vector a request, in order, in one round trip to each shard of the store.

        Args:
            requests: each gives the set's request fields: those its keys are taken from, None for an entity that is
                not known, and those that something is derived from, None for null. A timestamp is its milliseconds
                UTC, or a datetime that says its time zone; the fields of a record are a dict.
            as_of: the instant to read at (ms UTC); the present by default. A set with `own_event` takes none: it is
                read at the time of its request.
            timeout_ms: after which vectors that are not whole are `unavailable`; a read never raises for the store. A
                broken connection is tried once more, over a new one, within the same time.
            expected: for each request, and each binding of the set, events that are known to have happened: a feature
                whose window holds one that is not in the store yet is `behind`.
            receipts: each vector gets one, see docs/receipts.md; it takes a millisecond or two.

        Raises:
            ReadError: a request lacks a field or has one of the wrong type.
        """
        reading = self._reading
        spans = reading.spans
        if spans is None or not spans.are_wanted:
            vectors = self._reader.run(reading.vectors(requests, as_of, timeout_ms, expected, receipts=receipts))
        else:
            with spans.span() as vectors:
                vectors += self._reader.run(reading.vectors(requests, as_of, timeout_ms, expected, receipts=receipts))
        if reading.moved_to and self._loading.acquire(blocking=False):
            # Beside the reads: decoding and laying out a plan takes longer than a request may wait.
            Thread(target=self._follow, name="millpond-following", daemon=True).start()
        return vectors

    def look_for(
        self, requests: Sequence[Mapping[str, object]], expected: Sequence[Expected], *, timeout_ms: int = TIMEOUT_MS
    ) -> bool:
        """Look for events in the tiles that must hold them, which costs a fraction of a read; False without a store.

        Args:
            requests: each gives the set's request fields.
            expected: for each request, and each binding of the set, events: where one is found is noted with it.

        Raises:
            ReadError: a request lacks a field or has one of the wrong type.
        """
        return self._reader.run(self._reading.looking(requests, expected, timeout_ms))

    def _follow(self) -> None:
        """Serve from what the pointer leads to, as soon as it is loaded."""
        try:
            self._reader.run(self._reading.following())()
        finally:
            self._loading.release()
