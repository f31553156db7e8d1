"""Reading a set without I/O: the trips that a read, an opening and a change of plan take, and what they make.

Reader and AsyncReader are two ways of making the same trips.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from millpond.plan.clock import now_ms
from millpond.plan.deployment import Publication
from millpond.plan.errors import MillpondError, ReadError
from millpond.serve.answering import Asked, Read
from millpond.serve.cache import Cache, TileCache, reply_of
from millpond.serve.flow import Expected, ReadFlow
from millpond.serve.freshness import REFRESH_MS, Freshness
from millpond.serve.metrics import tally_of
from millpond.serve.own_event import Own
from millpond.serve.parcels import Failure, Trips
from millpond.serve.part import Command
from millpond.serve.spans import spans_of
from millpond.serve.trips import asking
from millpond.serve.vector import Vector
from millpond.serve.where import Where
from millpond.store.address import StoreAddress
from millpond.store.publications import decode_publication, plan_key, pointer_key, pointers_prefix

TIMEOUT_MS: Final = 100
MANY: Final = 8  # requests from which on it is faster to merge the tiles of all of them at once

log = logging.getLogger("millpond.serve")


class Environment:
    """What the sets of a Reader have in common.

    Args:
        ns: the environment whose features are read.
        where: its keys lie.
        stale_after_ms: how long a pipeline may not have been seen up to date before its values are `stale`.
        patience_ms: for what no request waits for: opening a connection, loading a plan.
        clock: the wall clock (ms).
        cache: what makes an empty cache, one for each connection; None where nothing is held.
    """

    def __init__(
        self,
        ns: str,
        where: Where,
        *,
        stale_after_ms: int,
        patience_ms: int,
        clock: Callable[[], int] = now_ms,
        cache: Cache | None = None,
    ) -> None:
        self.ns = ns
        self.where = where
        self.stale_after_ms = stale_after_ms
        self.patience_ms = patience_ms
        self.clock = clock
        self.cache = cache

    @classmethod
    def of(
        cls,
        store: StoreAddress,
        ns: str,
        *,
        stale_after_ms: int,
        patience_ms: int,
        clock: Callable[[], int],
        cache_bytes: int,
    ) -> "Environment":
        """An environment of the store at an address.

        Args:
            cache_bytes: how much of what was read each connection may hold.
        """
        where = Where(store.nodes if store.kind == "cluster" else ())
        cache = (lambda: TileCache(f"{ns}.", cache_bytes)) if cache_bytes > 0 else None
        return cls(ns, where, stale_after_ms=stale_after_ms, patience_ms=patience_ms, clock=clock, cache=cache)

    def patience(self) -> float:
        """Until when (s, monotonic) something is waited for that no request waits for."""
        return self.where.timer() + self.patience_ms / 1000


def get(environment: Environment, key: str) -> Trips[bytes | None]:
    """What a key holds.

    Raises:
        ReadError: the store does not answer.
    """
    found = yield from asking(environment.where, [("GET", key)], environment.patience())
    (reply,) = found.replies
    if isinstance(reply, Failure):
        raise ReadError(
            f"the store does not answer: {reply.reason}",
            mend="check the address, and `millpond status`",
            is_passing=not reply.is_refused,
        )
    return reply  # type: ignore[no-any-return]


def opening(environment: Environment, full_name: str, version: int) -> Trips["Reading"]:
    """The set that is published.

    Raises:
        ReadError: it is not; names those that are. Or the store does not answer.
        PlanError: the store holds a damaged document.
    """
    pointer = yield from get(environment, pointer_key(environment.ns, full_name, version))
    if pointer is None:
        names = yield from _published(environment)
        known = "see `millpond status`" if names is None else ", ".join(names) or "none"
        raise ReadError(
            f"{full_name} version {version} is not published in {environment.ns!r}",
            mend=f"open one that is ({known}), or run `millpond deploy`",
            is_passing=names == [],  # a store that was emptied, or whose environment begins
        )
    content = pointer.decode()
    document = yield from get(environment, plan_key(environment.ns, content))
    return Reading(environment, decode_publication(content, document))


def _published(environment: Environment) -> Trips[list[str] | None]:
    """The names of what is served; None where the store does not tell it in time: it looks at every key for that."""
    deadline, prefix = environment.patience(), pointers_prefix(environment.ns)
    names: set[str] = set()
    cursor = "0"
    while True:
        scan = ("SCAN", cursor, "MATCH", f"{prefix}*", "COUNT", "1000")
        found = yield from asking(environment.where, [scan], deadline, by=prefix)
        (reply,) = found.replies
        if isinstance(reply, Failure):
            return None
        cursor = reply[0].decode()
        keys = [key.decode().removeprefix(prefix) for key in reply[1]]
        names.update(name for name in keys if not name.endswith(":history"))
        if cursor == "0":
            return sorted(names)


class _Served:
    """One publication, ready to be read."""

    def __init__(self, publication: Publication, ns: str) -> None:
        self.flow = ReadFlow(publication, ns)
        self.content = publication.content.encode()


class Reading:
    """One published set, as it is read; it says when its pointer has moved."""

    def __init__(self, environment: Environment, publication: Publication) -> None:
        self.environment = environment
        self._served = _Served(publication, environment.ns)
        self._pointer: Command = (
            "GET",
            pointer_key(environment.ns, publication.plan.full_name, publication.plan.version),
        )
        self._pointer_at = -REFRESH_MS
        self._tally = tally_of(environment.ns, publication.plan.full_name, publication.plan.version)
        self.spans = spans_of(environment.ns, publication.plan.full_name, publication.plan.version)
        self._fresh = Freshness(environment.ns, environment.where)
        self.moved_to = b""
        """Where the pointer leads, while that is not what is served."""

    @property
    def flow(self) -> ReadFlow:
        """How it is read now."""
        return self._served.flow

    # --- a read ---

    def vectors(
        self,
        requests: Sequence[Mapping[str, object]],
        as_of: int | None,
        timeout_ms: float,
        expected: Sequence[Expected | None] | None = None,
        *,
        receipts: bool = False,
    ) -> Trips[list[Vector]]:
        """One vector a request, in order; with its receipt where that is asked for.

        Args:
            expected: for each request, see `ReadFlow.vector`.

        Raises:
            ReadError: a request lacks a field or has one of the wrong type.
        """
        environment = self.environment
        began = environment.where.timer()
        deadline = began + timeout_ms / 1000
        flow = self._served.flow
        given = [flow.derivation.given(request) for request in requests]
        instants, owns = _own(flow, requests, as_of)
        asked = environment.clock()
        awaited: Sequence[Expected | None] = [None] * len(requests) if expected is None else expected
        commands = [
            flow.commands(request, as_of=at, asked=asked, expected=some)
            for request, at, some in zip(requests, instants, awaited, strict=True)
        ]
        flat = [one for parts in commands for some in parts if some is not None for one in some]
        # Requests may share what they ask for; what is held is not sent at all.
        wanted = flat if len(requests) == 1 or environment.cache is not None else list(dict.fromkeys(flat))
        is_pointer_due = not 0 <= asked - self._pointer_at < REFRESH_MS  # a clock may be set back
        found = yield from asking(
            environment.where,
            [*wanted, self._pointer] if is_pointer_due else wanted,
            deadline,
            fresh=self._fresh,
            now=asked,
        )
        if is_pointer_due:
            self._look_at(found.replies[len(wanted)], asked)
        replies = found.replies if wanted is flat else _of_each(flat, wanted, found.replies)
        shards = _of_each(flat, wanted, found.shards) if found.shards and wanted is not flat else found.shards
        read = Read(flow, as_of, asked, environment.clock(), environment.stale_after_ms, found)
        is_plain = flow.own_events is None and expected is None and not found.has_failures and not found.shards
        if is_plain and not receipts and environment.cache is not None:
            vectors = read.recalled(commands, replies, given)
        else:
            if environment.cache is not None:
                replies = [reply_of(one) for one in replies]
            if is_plain and not receipts and len(requests) >= MANY:
                vectors = read.at_once(commands, replies, given)
            else:
                each = [Asked(*one) for one in zip(requests, commands, given, instants, owns, awaited, strict=True)]
                vectors = (
                    read.with_receipts(environment.ns, each, replies, shards)
                    if receipts
                    else read.one_by_one(each, replies, shards)
                )
        if self._tally is not None:
            seconds = environment.where.timer() - began
            self._tally.read(seconds, [one.status for one in vectors], found.trips, found.recalled)
        return vectors

    def looking(
        self, requests: Sequence[Mapping[str, object]], expected: Sequence[Expected], timeout_ms: float
    ) -> Trips[bool]:
        """Whether the store was asked for events in the tiles that must hold them; what is found is noted with them.

        Raises:
            ReadError: a request lacks a field or has one of the wrong type.
        """
        where, flow = self.environment.where, self._served.flow
        deadline = where.timer() + timeout_ms / 1000
        lookups = (one for request, some in zip(requests, expected, strict=True) for one in flow.lookups(request, some))
        asked = {(one.sighting, one.part): one for one in lookups}.values()  # requests of one entity lack the same
        commands = list(dict.fromkeys(command for one in asked for command in one.commands))  # many may lie in a tile
        if not commands:
            return True
        found = yield from asking(where, commands, deadline)
        if found.has_failures:
            return False
        told = dict(zip(commands, found.replies, strict=True))
        for one in asked:
            one.found(*(told[command] for command in one.commands))
        return True

    def _look_at(self, pointer: Any, asked: int) -> None:
        # Where it is not told, too: who hangs that holds it must not be waited for by every read.
        self._pointer_at = asked
        if isinstance(pointer, Failure):
            return
        # What was removed goes on to be served: its stamps go stale by themselves.
        self.moved_to = b"" if pointer is None or pointer == self._served.content else pointer

    # --- a change of plan ---

    def following(self) -> Trips[Callable[[], None]]:
        """Load what the pointer leads to; reads go on meanwhile, of what is served.

        Returns:
            What serves it: it takes its time, and is to be called where no request waits for it.
        """
        content, self.moved_to = self.moved_to.decode(), b""
        try:
            document = yield from get(self.environment, plan_key(self.environment.ns, content))
        except ReadError as failure:
            self._stay(failure)
            return lambda: None
        return lambda: self._serve(content, document)

    def _serve(self, content: str, document: bytes | None) -> None:
        try:
            self._served = _Served(decode_publication(content, document), self.environment.ns)
            if self._tally is not None:
                self._tally.followed()
        except MillpondError as failure:
            self._stay(failure)

    def _stay(self, failure: MillpondError) -> None:
        # What is served now goes on; its stamps go stale by themselves. Looked for again at the next refresh.
        log.warning("%s is still read as it was: %s", self.flow.publication.plan.full_name, failure)


def _of_each(flat: Sequence[Command], wanted: Sequence[Command], found: Sequence[Any]) -> list[Any]:
    """What every command gave, where those that are equal were sent once."""
    given = dict(zip(wanted, found, strict=False))  # the pointer comes behind them
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
