"""The nodes of a store, each with a client: where a key is written, and what is told of each shard."""

from collections.abc import Mapping, Sequence
from threading import Lock
from typing import Any, Final

import redis
from redis import exceptions
from redis.backoff import NoBackoff
from redis.retry import Retry
from redis.sentinel import Sentinel

from millpond.store.address import StoreAddress
from millpond.store.shards import ONE_NODE, Address, Shard, Topology, topology_of

Client = Any  # redis.Redis: its stubs type every reply as a union of sync and async

MOVED: Final = (exceptions.MovedError, exceptions.AskError, exceptions.ClusterDownError, exceptions.TryAgainError)
"""What a node of a cluster says whose slots are on the move; the same command may be done elsewhere, or later."""
_LOST: Final = (*MOVED, exceptions.ConnectionError, exceptions.TimeoutError)


class Nodes:
    """The primaries of a store: one, or those of a cluster, which is looked at when it is first asked for.

    Clients never retry by themselves: the caller does, and can be stopped meanwhile.
    """

    def __init__(self, store: StoreAddress, *, timeout_s: float) -> None:
        self._store = store
        times = {
            "socket_timeout": timeout_s,
            "socket_connect_timeout": timeout_s,
            "retry": Retry(NoBackoff(), 0),
            "ssl": store.is_tls,
        }
        self._options: dict[str, Any] = {**store.options, **times}
        self._topology: Topology | None = None if store.kind == "cluster" else ONE_NODE
        self._clients: dict[Address | None, Client] = {}
        self._lock = Lock()
        if store.kind == "sentinel":
            watching = Sentinel(store.nodes, sentinel_kwargs={**store.sentinel_options, **times}, **self._options)
            self._clients[None] = watching.master_for(store.name)
        elif store.kind == "one" and store.nodes:
            self._clients[None] = self.at(store.nodes[0])
        elif store.kind == "one":
            path = self._options.pop("path")
            self._clients[None] = redis.Redis(unix_socket_path=path, **self._options)

    @classmethod
    def connect(cls, url: str, *, timeout_s: float = 10.0) -> "Nodes":
        """The nodes of the store at a URL; see StoreAddress.parse. Nothing is opened yet.

        Raises:
            MillpondError: it says no store.
        """
        return cls(StoreAddress.parse(url), timeout_s=timeout_s)

    def at(self, address: Address) -> Client:
        """A client of a node."""
        with self._lock:
            if address not in self._clients:
                host, port = address
                self._clients[address] = redis.Redis(host=host, port=port, **self._options)
            return self._clients[address]

    def shards(self) -> tuple[tuple[Shard, Client], ...]:
        """Every shard, and a client of the node that holds it.

        Raises:
            RedisError: no node of the cluster tells of them.
        """
        return tuple((shard, self._of(shard)) for shard in self._known().shards)

    def shard_of(self, key: str) -> Shard:
        """The shard that holds a key.

        Raises:
            RedisError: no node of the cluster tells of it, or none holds it.
        """
        shard = self._known().shard_of(key)
        if shard is None:
            self.lose()
            raise exceptions.ClusterDownError(f"no node holds the slot of {key}")
        return shard

    def client_of(self, key: str) -> Client:
        """A client of the node that holds a key.

        Raises:
            RedisError: as of `shard_of`.
        """
        return self._of(self.shard_of(key))

    def _of(self, shard: Shard) -> Client:
        return self._clients[None] if shard.address is None else self.at(shard.address)

    def lose(self, failure: Exception | None = None) -> None:
        """Look at a cluster anew before the next command: some failure tells that it may have changed."""
        if self._store.kind == "cluster" and (failure is None or isinstance(failure, _LOST)):
            with self._lock:
                self._topology = None

    def _known(self) -> Topology:
        topology = self._topology
        if topology is None:
            topology = self._topology = self._look()
        return topology

    def _look(self) -> Topology:
        failure: redis.RedisError | None = None
        for address in dict.fromkeys([*(one for one in self._clients if one is not None), *self._store.nodes]):
            try:
                return topology_of(_slots(self.at(address)), address)
            except redis.RedisError as cause:
                failure = cause
        raise failure or exceptions.ClusterDownError("no node of the cluster is known")

    def close(self) -> None:
        """Give the connections back."""
        for client in self._clients.values():
            client.close()


def _slots(client: Client) -> Sequence[Any]:
    """What CLUSTER SLOTS says, as it says it."""
    with client.pipeline(transaction=False) as pipe:
        pipe.execute_command("CLUSTER", "SLOTS")  # two words: redis-py makes something else of one
        (reply,) = pipe.execute()
    if not reply:
        raise exceptions.ClusterDownError("its slots are not assigned")
    found: Sequence[Any] = reply
    return found


def everywhere(hashes: Sequence[Mapping[bytes, bytes]]) -> dict[str, int]:
    """The least number of each field, of those that every shard's hash has."""
    fields = set[bytes].intersection(*(set(one) for one in hashes))
    return {field.decode(): min(int(one[field]) for one in hashes) for field in fields}
