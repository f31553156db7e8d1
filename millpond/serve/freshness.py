"""How fresh a shard is: stamps that are remembered for a second, as long as they hold."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeAlias

from millpond.serve.parcels import Answer
from millpond.serve.part import Command
from millpond.serve.where import Where
from millpond.store.keys import EPOCH_FIELD, SLOTS_FIELD, freshness_key
from millpond.store.shards import Shard

Stamps: TypeAlias = dict[bytes, int]
"""By fragment, up to what instant (ms) all that happened is in its tiles."""

REFRESH_MS: Final = 1_000  # how old remembered freshness may be
_EPOCH: Final = EPOCH_FIELD.encode()
_SLOTS: Final = SLOTS_FIELD.encode()


@dataclass(frozen=True, slots=True, eq=False)
class _Fresh:
    """A shard's freshness as read last: its stamps, the epoch they are of, and what was opened by then."""

    epoch: bytes | None
    stamps: dict[bytes, int]
    opened: int
    at: int


class Freshness:
    """The freshness stamps of an environment's shards, remembered for a second, as long as they hold.

    Stamps are asked for before the records and the epoch after them: where it is the stamps' own, the store was not
    emptied in between, and what the stamps promise is in the records. A store that came back from an older snapshot has
    the same epoch, but not our connection: where one was opened since, stamps are asked for again. (Remembered, they
    made tiles 12 s older than stale_after `present`, for up to a second.) Stamps of a cluster's shard are of the slots
    that it had: what moved in since is not vouched for.
    """

    def __init__(self, ns: str, where: Where) -> None:
        self._ns = ns
        self._where = where
        self._known: dict[Shard, _Fresh] = {}
        self._asked: dict[Shard, tuple[Command, Command]] = {}

    def is_due(self, shard: Shard, now: int) -> bool:
        """Whether stamps are to be asked for."""
        fresh = self._known.get(shard)
        return fresh is None or not 0 <= now - fresh.at < REFRESH_MS  # a clock may be set back

    def around(self, shard: Shard, commands: Iterable[Command], is_due: bool) -> list[Command]:
        """Commands with what asks for freshness before and behind them."""
        asked = self._asked.get(shard)
        if asked is None:
            key = freshness_key(self._ns, shard.tag)
            asked = self._asked[shard] = (("HGETALL", key), ("HGET", key, EPOCH_FIELD))
        stamps, epoch = asked
        return [stamps, *commands, epoch] if is_due else [*commands, epoch]

    def holding(self, shard: Shard, answer: Answer) -> Stamps | None:
        """What is remembered, if it holds for replies, the last of which is the epoch."""
        fresh = self._known[shard]
        epoch = answer.replies[-1]
        return (
            fresh.stamps if epoch is not None and epoch == fresh.epoch and answer.connection <= fresh.opened else None
        )

    def take(self, shard: Shard, answer: Answer, now: int) -> Stamps:
        """Remember what replies say, the first of which are the stamps and the last the epoch."""
        stamps, epoch = answer.replies[0], answer.replies[-1]
        found = dict(stamps.items() if isinstance(stamps, dict) else zip(stamps[::2], stamps[1::2], strict=True))
        its_own, slots = found.pop(_EPOCH, None), found.pop(_SLOTS, b"")
        is_placed = slots == shard.slots.encode()
        if not is_placed:
            self._where.doubt(shard)  # it has other slots than we know of, or than who fills it knows of
        certain = its_own is not None and epoch == its_own and is_placed
        known = {field: int(at) for field, at in found.items()} if certain else {}
        self._known[shard] = _Fresh(its_own, known, answer.opened, now)
        return known
