"""Reader: the latest vectors, or those of an instant, from the store; the only I/O of the read path."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Self

import hiredis
import redis
from hiredis import pack_command

from millpond.plan.clock import now_ms
from millpond.plan.deployment import Publication
from millpond.plan.errors import MillpondError, ReadError
from millpond.plan.windows import STALE_AFTER
from millpond.serve.flow import Command, Expected, ReadFlow
from millpond.serve.own_event import Own
from millpond.serve.vector import Vector
from millpond.store.keys import EPOCH_FIELD, freshness_key
from millpond.store.publications import load, load_content, pointer_key

REFRESH_MS = 1_000  # how old the cached freshness and pointer may be
TIMEOUT_MS = 100
_CHUNK = 65_536  # bytes
_MORE = object()  # where a reply is not whole yet
EPOCH = EPOCH_FIELD.encode()

log = logging.getLogger("millpond.serve")


class Reader:
    """A connection to the store of one environment.

        pool = Reader.connect("redis://localhost:6379")
        shopper = pool.open("retail.shopper", version=1)
        vector = shopper.read({"household_id": 1, "store_id": 5})

    Thread-safe: connections are pooled, one a read in flight.
    """

    def __init__(
        self, client: "redis.Redis", *, ns: str, stale_after_ms: int, clock: Callable[[], int] = now_ms
    ) -> None:
        self.client = client
        self.ns = ns
        self.stale_after_ms = stale_after_ms
        self.clock = clock
        self.connections = 0  # opened so far: what was remembered before the last one may be of another store
        client.connection_pool.connection_kwargs["redis_connect_func"] = self._connected

    def _connected(self, connection: Any) -> None:
        connection.on_connect()
        self.connections += 1

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        ns: str = "dev",
        stale_after_ms: int = STALE_AFTER,
        connect_timeout_ms: int = 1_000,
    ) -> Self:
        """A reader of the store at `url` (`redis://host:port`, `rediss://` for TLS).

        Args:
            ns: the environment whose features are read.
            stale_after_ms: how long a pipeline may not have been seen up to date before its values are `stale`.
            connect_timeout_ms: for opening a connection, and for each answer while it is opened and a set is loaded; a
                read that has to open one first may take so much longer than its own timeout.
        """
        # A store behind a half-open connection accepts and never answers: with 5 s, so long took a read of 50 ms.
        wait_s = connect_timeout_ms / 1000
        client = redis.Redis.from_url(url, socket_connect_timeout=wait_s, socket_timeout=wait_s, decode_responses=False)
        return cls(client, ns=ns, stale_after_ms=stale_after_ms)

    def open(self, full_name: str, *, version: int) -> "OpenSet":
        """The published feature set `<domain>.<set>`, at a version: models pin versions.

        Raises:
            ReadError: it is not published, or the store does not answer.
        """
        return OpenSet(self, load(self.client, self.ns, full_name, version))

    def close(self) -> None:
        """Give the connections back."""
        self.client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


@dataclass(frozen=True, slots=True, eq=False)
class _Fresh:
    """The freshness stamps as read last, the epoch they are of, and how many connections had been opened by then."""

    epoch: bytes | None
    stamps: dict[bytes, int]
    connections: int


class OpenSet:
    """One published feature set, ready to be read; it follows its pointer when that moves."""

    def __init__(self, reader: Reader, publication: Publication) -> None:
        self._reader = reader
        self._flow = ReadFlow(publication, reader.ns)
        self._pointer = pointer_key(reader.ns, publication.plan.full_name, publication.plan.version)
        self._content = publication.content.encode()
        self._freshness = freshness_key(reader.ns)
        self._fresh = _Fresh(None, {}, 0)
        self._refreshed_at = -REFRESH_MS

    @property
    def publication(self) -> Publication:
        """What is served now."""
        return self._flow.publication

    @property
    def names(self) -> tuple[str, ...]:
        """Of the features, in order."""
        return self._flow.names

    def read(self, request: Mapping[str, object], *, as_of: int | None = None, timeout_ms: int = TIMEOUT_MS) -> Vector:
        """The vector of one request; see `read_many`."""
        return self.read_many([request], as_of=as_of, timeout_ms=timeout_ms)[0]

    def read_many(
        self,
        requests: Sequence[Mapping[str, object]],
        *,
        as_of: int | None = None,
        timeout_ms: int = TIMEOUT_MS,
        expected: Sequence[Expected | None] | None = None,
    ) -> list[Vector]:
        """One vector a request, in order, in one round trip.

        Args:
            requests: each gives the set's request fields: those its keys are taken from, None for an entity that is
                not known, and those that something is derived from, None for null. A timestamp is its milliseconds
                UTC, or a datetime that says its time zone; the fields of a record are a dict.
            as_of: the instant to read at (ms UTC); the present by default. A set with `own_event` takes none: it is
                read at the time of its request.
            timeout_ms: after which every vector is `unavailable`; a read never raises for it, and waits longer only
                where a connection has to be opened first (see `Reader.connect`).
            expected: for each request, and each binding of the set, events that are known to have happened: a feature
                whose window holds one that is not in the store yet is `behind`.

        Raises:
            ReadError: a request lacks a field or has one of the wrong type.
        """
        flow, reader = self._flow, self._reader
        given = [flow.derivation.given(request) for request in requests]
        instants, owns = _own(flow, requests, as_of)
        asked = reader.clock()
        awaited: Sequence[Expected | None] = [None] * len(requests) if expected is None else expected
        commands = [
            flow.commands(request, as_of=at, asked=asked, expected=some)
            for request, at, some in zip(requests, instants, awaited, strict=True)
        ]
        flat = [one for parts in commands for some in parts if some is not None for one in some]
        wanted = flat if len(requests) == 1 else list(dict.fromkeys(flat))  # requests may share what they ask for
        try:
            found, fresh = self._fetch(wanted, timeout_ms / 1000)
        except redis.RedisError as error:
            reason = f"{type(error).__name__}: {error}"
            return [flow.unavailable(as_of=at, now=reader.clock(), reason=reason) for at in instants]
        replies = iter(found if wanted is flat else _of_each(flat, wanted, found))
        now = reader.clock()
        return [
            flow.vector(
                [None if some is None else list(islice(replies, len(some))) for some in parts],
                as_of=at,
                asked=asked,
                now=now,
                fresh=fresh.stamps,
                stale_after=reader.stale_after_ms,
                given=taken,
                own=own,
                expected=some,
            )
            for parts, taken, at, own, some in zip(commands, given, instants, owns, awaited, strict=True)
        ]

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
        asked = [
            one for request, some in zip(requests, expected, strict=True) for one in self._flow.lookups(request, some)
        ]
        commands = list(dict.fromkeys(command for one in asked for command in one.commands))  # many may lie in a tile
        if not commands:
            return True
        try:
            found = dict(zip(commands, _round_trip(self._reader.client, commands, timeout_ms / 1000), strict=True))
        except redis.RedisError:
            return False
        for one in asked:
            one.found(*(found[command] for command in one.commands))
        return True

    def _fetch(self, wanted: Sequence[Command], timeout: float) -> tuple[list[Any], "_Fresh"]:
        """What each command gave, in order, and freshness that holds for it.

        Stamps are asked for before the records and the epoch after them: where it is the stamps' own, the store was
        not emptied in between, and what the stamps promise is in the records. A store that came back from an older
        snapshot has the same epoch, but not our connection: whenever one was opened, stamps are asked for again.
        (Remembered, they made tiles 12 s older than stale_after `present`, for up to a second.)
        """
        now, fresh = self._reader.clock(), self._fresh
        if 0 <= now - self._refreshed_at < REFRESH_MS:  # a clock may be set back
            *replies, epoch = self._ask(wanted, timeout)
            if epoch is not None and epoch == fresh.epoch and fresh.connections == self._reader.connections:
                return replies, fresh
        connections = self._reader.connections
        refresh = [("HGETALL", self._freshness), ("GET", self._pointer)]
        stamps, pointer, *replies, epoch = self._ask([*refresh, *wanted], timeout)
        pairs = stamps.items() if isinstance(stamps, dict) else zip(stamps[::2], stamps[1::2], strict=True)
        found = dict(pairs)
        its_own = found.pop(EPOCH, None)
        certain = its_own is not None and epoch == its_own
        known = {field: int(at) for field, at in found.items()} if certain else {}
        fresh = self._fresh = _Fresh(its_own, known, connections)
        self._refreshed_at = now
        self._follow(pointer)
        return replies, fresh

    def _ask(self, commands: Sequence[Command], timeout: float) -> list[Any]:
        return _round_trip(self._reader.client, [*commands, ("HGET", self._freshness, EPOCH_FIELD)], timeout)

    def _follow(self, pointer: bytes | None) -> None:
        """Serve the next read from the publication the pointer leads to."""
        if pointer is not None and pointer != self._content:
            try:
                publication = load_content(self._reader.client, self._reader.ns, pointer.decode())
                flow = ReadFlow(publication, self._reader.ns)
            except (MillpondError, redis.RedisError) as failure:
                # What is served now goes on; its stamps go stale by themselves. Looked for again at the next refresh.
                log.warning("%s is still read as it was: %s", self._flow.publication.plan.full_name, failure)
                return
            self._flow, self._content = flow, pointer


def _of_each(flat: Sequence[Command], wanted: Sequence[Command], found: Sequence[Any]) -> list[Any]:
    """What every command gave, where those that are equal were sent once."""
    given = dict(zip(wanted, found, strict=True))
    return [given[one] for one in flat]


def _own(
    flow: ReadFlow, requests: Sequence[Mapping[str, object]], as_of: int | None
) -> tuple[Sequence[int | None], Sequence[Sequence[Own | None] | None]]:
    """The instant and the event of each request."""
    if flow.own_events is None:
        return [as_of] * len(requests), [None] * len(requests)
    if as_of is not None:
        raise ReadError(
            f"{flow.publication.plan.full_name} is read at the time of its request's event",
            mend="leave as_of out; the event's time stands in the request",
        )
    found = [flow.own_events.of(request) for request in requests]
    return [at for at, _ in found], [own for _, own in found]


def _round_trip(client: "redis.Redis", commands: Sequence[Command], timeout: float) -> list[Any]:
    """Send all commands at once and read all replies, within `timeout` seconds altogether.

    A connection with replies left unread is closed, never reused. A server error in any reply is raised: a read is
    answered whole or not at all.
    """
    deadline = time.monotonic() + timeout
    pool = client.connection_pool
    connection = pool.get_connection()
    complete = False
    try:
        # redis-py packs command by command, in 2 us each; hiredis, which packs for it, takes a tenth of that.
        packed = [pack_command(command) for command in commands]  # type: ignore[arg-type]  # its stub: tuples of one
        connection.send_packed_command([b"".join(packed)])
        replies = _replies(connection, len(commands), deadline)
        complete = True
        return replies
    except TimeoutError as cause:
        raise redis.TimeoutError(f"no whole answer within {timeout * 1000:.0f} ms") from cause
    except OSError as cause:
        raise redis.ConnectionError(f"the connection to the store broke: {cause}") from cause
    finally:
        if not complete:
            connection.disconnect()
        pool.release(connection)


def _replies(connection: Any, count: int, deadline: float) -> list[Any]:
    """So many replies, taken from the socket as they come; redis-py reads one by one, in 2 us each.

    Raises:
        TimeoutError: not all came by the deadline.
        OSError: the connection broke.
        redis.RedisError: a reply is an error, or none.
    """
    socket = connection._sock  # noqa: SLF001  there is no other way to it
    taken = hiredis.Reader(notEnoughData=_MORE, replyError=redis.ResponseError, protocolError=redis.InvalidResponse)
    replies: list[Any] = []
    while len(replies) < count:
        left = deadline - time.monotonic()
        if left <= 0:
            raise TimeoutError
        socket.settimeout(left)
        received = socket.recv(_CHUNK)
        if not received:
            raise ConnectionError("it was closed")
        taken.feed(received)
        while (reply := taken.gets()) is not _MORE:
            if isinstance(reply, Exception):
                raise reply
            if not isinstance(reply, hiredis.PushNotification):
                replies.append(reply)
    socket.settimeout(connection.socket_timeout)
    return replies
