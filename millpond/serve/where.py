"""Which shard holds what, as far as that is known; a cluster is looked at again when it has changed."""

import time
from collections.abc import Callable, Sequence

from millpond.serve.parcels import Answer, Failure, Parcel, Trip, Trips
from millpond.store.shards import ONE_NODE, Address, Shard, Topology, topology_of


class Where:
    """What is known of where keys lie: shared by everything that reads one store.

    Args:
        seeds: nodes of a cluster to ask first; none where the store is one node, or one behind Sentinels.
    """

    def __init__(self, seeds: Sequence[Address] = (), timer: Callable[[], float] = time.monotonic) -> None:
        self.timer = timer
        self.topology: Topology | None = None if seeds else ONE_NODE
        self.is_cluster = bool(seeds)
        self._seeds = tuple(seeds)
        self._doubted: set[Address] = set()
        self._turn = 0

    @property
    def is_known(self) -> bool:
        """False where the cluster is to be looked at before anything is asked."""
        return self.topology is not None and not self._doubted

    def doubt(self, shard: Shard) -> None:
        """A shard did not answer in time: another node may have taken its place, which the next read finds out."""
        if shard.address is not None:
            self._doubted.add(shard.address)

    def looking(self, deadline: float, told: Address | None = None) -> Trips[Failure | None]:
        """Ask the cluster for its shards.

        Args:
            told: a node that is said to know; others are asked where it does not answer.

        Returns:
            Why nobody answered; what was known stays then.
        """
        failure: Failure | None = None
        for address in self._candidates(told):
            left = deadline - self.timer()
            if left <= 0:
                break
            # A node that hangs must leave time to ask another one.
            trip = Trip([Parcel(Shard(address), [("CLUSTER", "SLOTS")], False)], deadline - left / 2)
            (result,) = yield trip
            if isinstance(result, Answer) and not result.has_errors and result.replies[0]:
                self.topology = topology_of(result.replies[0], address)
                self._doubted.clear()
                return None
            failure = result if isinstance(result, Failure) else Failure(f"{address}: {result.replies[0]}")
        return failure or Failure("no node of the cluster was asked in time")

    def _candidates(self, told: Address | None) -> list[Address]:
        known = () if self.topology is None else (shard.address for shard in self.topology.shards)
        every = dict.fromkeys([address for address in known if address is not None] + list(self._seeds))
        sure = [address for address in every if address not in self._doubted]
        self._turn += 1
        turned = sure[self._turn % len(sure) :] + sure[: self._turn % len(sure)] if sure else []
        return list(dict.fromkeys([*([told] if told else []), *turned, *every]))
