"""What opens connections to a store: redis-py resolves, connects, encrypts and authenticates."""

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import redis
import redis.asyncio
from redis import sentinel
from redis.asyncio import retry as async_retry
from redis.asyncio import sentinel as async_sentinel
from redis.backoff import NoBackoff
from redis.retry import Retry

from millpond.serve.cache import Cache, TileCache
from millpond.serve.part import Command
from millpond.store.address import StoreAddress
from millpond.store.shards import Address


class Kit(NamedTuple):
    """redis-py's classes of one kind."""

    plain: Any
    tls: Any
    unix: Any
    sentinel: Any
    sentinel_pool: Any
    retry: Any


SYNC: Final = Kit(
    redis.Connection,
    redis.SSLConnection,
    redis.UnixDomainSocketConnection,
    sentinel.Sentinel,
    sentinel.SentinelConnectionPool,
    Retry,
)
ASYNC: Final = Kit(
    redis.asyncio.Connection,
    redis.asyncio.SSLConnection,
    redis.asyncio.UnixDomainSocketConnection,
    async_sentinel.Sentinel,
    async_sentinel.SentinelConnectionPool,
    async_retry.Retry,
)


_TRACKING: Final = (("CLIENT", "TRACKING", "ON"),)


class Maker(NamedTuple):
    """What makes connections.

    Attributes:
        make: one, not opened yet.
        asked: clients of the Sentinels, to be closed in the end.
        first: commands for one that has just been opened.
        cache: makes the cache of one, if it has any.
    """

    make: Callable[[], Any]
    asked: Sequence[Any]
    first: Sequence[Command]
    cache: Callable[[], TileCache | None]


def maker(kit: Kit, store: StoreAddress, node: Address | None, timeout_s: float, cache: Cache | None = None) -> Maker:
    """What makes connections.

    Args:
        node: of a cluster; None elsewhere.
        timeout_s: for connecting, and for each answer until it is open.
        cache: that they have; the server then tells what changes of what was read.
    """
    make, asked = _made(kit, store, node, timeout_s, 2 if cache is None else 3)
    return Maker(make, asked, (), lambda: None) if cache is None else Maker(make, asked, _TRACKING, cache)


def _made(
    kit: Kit, store: StoreAddress, node: Address | None, timeout_s: float, protocol: int
) -> tuple[Callable[[], Any], Sequence[Any]]:
    # It is tried again by who needs it, and who needs it knows until when.
    times = {"socket_timeout": timeout_s, "socket_connect_timeout": timeout_s, "retry": kit.retry(NoBackoff(), 0)}
    options = {**store.options, **times, "protocol": protocol}
    options.pop("max_connections", None)
    if store.kind == "sentinel":
        watching = kit.sentinel(store.nodes, sentinel_kwargs={**store.sentinel_options, **times, "ssl": store.is_tls})
        pool = kit.sentinel_pool(store.name, watching, ssl=store.is_tls, **options)
        return lambda: pool.connection_class(**pool.connection_kwargs), watching.sentinels
    if not store.nodes:
        return lambda: kit.unix(**options), ()
    host, port = node or store.nodes[0]
    made = kit.tls if store.is_tls else kit.plain
    return lambda: made(host=host, port=port, **options), ()
