"""Round trips to the store, without I/O: what is sent where, what the replies mean, and what is tried again.

`asking` is a generator that yields each Trip and is sent what came of it; Reader and AsyncReader make the trips.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

from millpond.serve.freshness import Freshness, Stamps
from millpond.serve.parcels import LATE, Answer, Failure, Parcel, Result, Trip, Trips
from millpond.serve.part import Command
from millpond.serve.where import Where
from millpond.store.shards import Address, Shard

_ATTEMPTS: Final = 6  # a moved slot, a broken connection and a stamp asked for again may come together
_MOVED: Final = frozenset({"MOVED", "CLUSTERDOWN"})
"""The cluster is another one than was known."""
_ELSEWHERE: Final = frozenset({"LOADING", "MASTERDOWN", "READONLY"})
"""Not this node, or not yet: another may have taken its place, and a new connection leads there."""


class Found(NamedTuple):
    """What came of all commands.

    Attributes:
        replies: one a command; a Failure where it was not answered.
        shards: which shards each reply depends on; empty where the store is one node.
        stamps: the freshness of the shards that answered, where it was asked for.
        has_failures: some of the replies are.
        trips: that it took.
        recalled: how many of the replies were held.
    """

    replies: list[Any]
    shards: list[tuple[Shard, ...]]
    stamps: dict[Shard, Stamps]
    has_failures: bool
    trips: int = 1
    recalled: int = 0

    def fresh(self, shards: Sequence[Shard]) -> Stamps:
        """What holds for all of these shards: the oldest stamp of each fragment, of those that all vouch for."""
        first, *others = [self.stamps[shard] for shard in shards]
        if not others:
            return first
        everywhere = first.keys() & set.intersection(*(set(one) for one in others))
        return {name: min(one[name] for one in (first, *others)) for name in everywhere}


def asking(
    where: Where,
    wanted: Sequence[Command],
    deadline: float,
    *,
    fresh: Freshness | None = None,
    now: int = 0,
    by: str | None = None,
) -> Trips[Found]:
    """Have each command answered by the shard that holds its key.

    A broken connection is tried once more, over a new one; a cluster that has changed is looked at again; all of it
    before the deadline.

    Args:
        deadline: s, monotonic.
        fresh: is asked for around the commands, and holds for the replies; None where it is of no interest.
        now: the wall clock (ms).
        by: the key that all of them go by; None where each has its own for its second word.
    """
    if not where.is_known:
        failure = yield from where.looking(deadline)
        if where.topology is None:
            return Found([failure] * len(wanted), [], {}, True)
    round_ = _Round(where, wanted, fresh, now, by)
    trips = 0
    for _ in range(_ATTEMPTS):
        parcels = round_.parcels()
        if parcels:
            trips += 1
            results = yield Trip(parcels, deadline)
            round_.take(results)
        if not round_.todo:
            break
        if where.timer() >= deadline:
            round_.give_up(LATE)
            break
        if round_.is_lost and where.is_cluster:
            yield from where.looking(deadline, round_.told)
    else:
        round_.give_up(Failure("the cluster keeps on changing"))
    return Found(round_.replies, round_.shards, round_.stamps, round_.has_failures, trips, round_.recalled)


class _Round:
    """The commands of one `asking`, and what is still to be done of them."""

    def __init__(
        self, where: Where, wanted: Sequence[Command], fresh: Freshness | None, now: int, by: str | None
    ) -> None:
        self._where = where
        self._wanted = wanted
        self._fresh = fresh
        self._now = now
        self._by = by
        self.replies: list[Any] = [None] * len(wanted)
        self.shards: list[tuple[Shard, ...]] = [()] * len(wanted) if where.is_cluster else []
        self.stamps: dict[Shard, Stamps] = {}
        self.todo: Sequence[int] = range(len(wanted))
        self.has_failures = False
        self.recalled = 0
        self.is_lost = False  # where keys lie is to be looked at
        self.told: Address | None = None
        self._piles: list[tuple[Shard, Sequence[int], bool]] = []  # with whether stamps are asked for
        self._asked_elsewhere: dict[int, Address] = {}
        self._broken: set[Address | None] = set()
        self._anew: set[Address | None] = set()
        self._due: set[Shard] = set()

    def parcels(self) -> list[Parcel]:
        """What is to be sent now."""
        anew, self._anew = self._anew, set()
        parcels = []
        self._piles = []
        for shard, places in self._by_shard().items():
            commands: list[Command] = []
            for place in places:
                if place in self._asked_elsewhere:
                    commands.append(("ASKING",))
                commands.append(self._wanted[place])
            is_due = False
            if self._fresh is not None:
                is_due = shard in self._due or self._fresh.is_due(shard, self._now)
                commands = self._fresh.around(shard, commands, is_due)
            self._piles.append((shard, places, is_due))
            parcels.append(Parcel(shard, commands, shard.address in anew))
        return parcels

    def _by_shard(self) -> dict[Shard, Sequence[int]]:
        topology = self._where.topology
        assert topology is not None, "it was looked at"
        if not self._where.is_cluster:
            return {topology.shards[0]: self.todo}
        by_address = {shard.address: shard for shard in topology.shards}
        piles: dict[Shard, list[int]] = {}
        for place in self.todo:
            elsewhere = self._asked_elsewhere.get(place)
            shard = (
                topology.shard_of(self._by or self._wanted[place][1])
                if elsewhere is None
                else by_address.get(elsewhere)
            )
            if shard is None:
                self._fail([place], Failure("CLUSTERDOWN no shard holds its slot"))
                continue
            piles.setdefault(shard, []).append(place)
            # Who asks elsewhere vouches, too: what it had is there.
            self.shards[place] = (shard,) if elsewhere is None else (*self.shards[place], shard)
        return piles  # type: ignore[return-value]

    def take(self, results: Sequence[Result]) -> None:
        """What came of the parcels."""
        self.todo, self.is_lost, self.told = [], False, None
        for (shard, places, is_due), result in zip(self._piles, results, strict=True):
            if isinstance(result, Failure):
                self._failed(shard, places, result)
            else:
                self.recalled += result.recalled
                self._answered(shard, places, is_due, result)

    def _failed(self, shard: Shard, places: Sequence[int], failure: Failure) -> None:
        if failure.is_broken and shard.address not in self._broken:
            self._broken.add(shard.address)
            self._anew.add(shard.address)
            self.is_lost = True
            self._again(places)
            return
        self._where.doubt(shard)
        self._fail(places, failure)

    def _answered(self, shard: Shard, places: Sequence[int], is_due: bool, answer: Answer) -> None:
        replies = answer.replies
        if self._fresh is not None:
            first, last = replies[0], replies[-1]
            for told in (first, last) if is_due else (last,):
                if isinstance(told, Exception):
                    self._error(shard, places, told)
                    return
            stamps = self._fresh.take(shard, answer, self._now) if is_due else self._fresh.holding(shard, answer)
            if stamps is None:
                self._due.add(shard)
                self._again(places)
                return
            self.stamps[shard] = stamps
            replies = replies[1:-1] if is_due else replies[:-1]
        if not answer.has_errors and not self._where.is_cluster and len(places) == len(self.replies):
            self.replies = replies
            return
        for reply in replies:
            if isinstance(reply, Exception) and _code(reply) in _ELSEWHERE:
                self._failed(shard, places, Failure(str(reply), is_broken=True))
                return
        at = iter(replies)
        for place in places:
            if self._asked_elsewhere.pop(place, None) is not None:
                next(at)  # what ASKING gave
            reply = next(at)
            if isinstance(reply, Exception):
                self._error(shard, [place], reply)
            else:
                self.replies[place] = reply

    def _error(self, shard: Shard, places: Sequence[int], error: Exception) -> None:
        """What the store says it cannot do, and what is done about it."""
        text, code = str(error), _code(error)
        if self._where.is_cluster and code in _MOVED:
            self.is_lost = True
            if code == "MOVED":
                self.told = _address(text, shard)
            self._again(places)
        elif self._where.is_cluster and code == "ASK":
            for place in places:
                self._asked_elsewhere[place] = _address(text, shard)
            self._again(places)
        elif code == "TRYAGAIN":
            self._again(places)
        elif code in _ELSEWHERE:
            self._failed(shard, places, Failure(text, is_broken=True))
        else:
            self._fail(places, Failure(text, is_refused=True))

    def give_up(self, failure: Failure) -> None:
        """Say of what is still to be done that it was not."""
        self._fail(self.todo, failure)
        self.todo = []

    def _fail(self, places: Sequence[int], failure: Failure) -> None:
        self.has_failures = True
        for place in places:
            self.replies[place] = failure

    def _again(self, places: Sequence[int]) -> None:
        self.todo = [*self.todo, *places]


def _code(error: Exception) -> str:
    return str(error).partition(" ")[0]


def _address(moved: str, shard: Shard) -> Address:
    """The node that `MOVED 3999 host:port` names; a node that does not know its own name gives none."""
    host, _, port = moved.rpartition(" ")[2].rpartition(":")
    return (host or (shard.address or ("", 0))[0], int(port))
