"""What was found in the store, made into the vectors of the requests that it was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

from millpond.algebra.values import Value
from millpond.serve.flow import Expected, ReadFlow
from millpond.serve.freshness import Stamps
from millpond.serve.own_event import Own
from millpond.serve.parcels import Failure
from millpond.serve.part import Command
from millpond.serve.trips import Found
from millpond.serve.vector import Vector
from millpond.store.shards import WHOLE, Shard

Commands: TypeAlias = Sequence[Sequence[tuple[Command, ...] | None]]
"""Of each request, those of each part; None where it has no value for a key column."""


@dataclass(frozen=True, slots=True)
class Read:
    """What was found for some requests, and when it was asked for."""

    flow: ReadFlow
    as_of: int | None
    asked: int
    now: int
    stale_after: int
    found: Found

    def recalled(
        self, commands: Commands, replies: Sequence[Any], given: Sequence[Mapping[str, Value]]
    ) -> list[Vector]:
        """Of requests where everything was answered by one node, and may be held."""
        return self.flow.recalled(
            commands,
            replies,
            as_of=self.as_of,
            asked=self.asked,
            now=self.now,
            fresh=self.found.fresh([WHOLE]),
            stale_after=self.stale_after,
            given=given,
        )

    def at_once(self, commands: Commands, replies: Sequence[Any], given: Sequence[Mapping[str, Value]]) -> list[Vector]:
        """Of many requests, where everything was answered by one node."""
        each = iter(replies)
        return self.flow.vectors(
            [[None if some is None else list(islice(each, len(some))) for some in parts] for parts in commands],
            as_of=self.as_of,
            asked=self.asked,
            now=self.now,
            fresh=self.found.fresh([WHOLE]),
            stale_after=self.stale_after,
            given=given,
        )

    def one_by_one(
        self,
        commands: Commands,
        replies: Sequence[Any],
        shards: Sequence[tuple[Shard, ...]],
        given: Sequence[Mapping[str, Value]],
        instants: Sequence[int | None],
        owns: Sequence[Sequence[Own | None] | None],
        awaited: Sequence[Expected | None],
    ) -> list[Vector]:
        """Each request with what it depends on alone: others may not have been answered, or by other shards."""
        return [
            self.flow.unavailable(as_of=at, now=self.now, reason=told.reason)
            if isinstance(told, Failure)
            else self.flow.vector(
                told,
                as_of=at,
                asked=self.asked,
                now=self.now,
                fresh=fresh,
                stale_after=self.stale_after,
                given=taken,
                own=own,
                expected=some,
            )
            for (told, fresh), taken, at, own, some in zip(
                self._told(commands, replies, shards), given, instants, owns, awaited, strict=True
            )
        ]

    def with_receipts(
        self,
        ns: str,
        requests: Sequence[Mapping[str, object]],
        commands: Commands,
        replies: Sequence[Any],
        shards: Sequence[tuple[Shard, ...]],
        given: Sequence[Mapping[str, Value]],
        instants: Sequence[int | None],
        owns: Sequence[Sequence[Own | None] | None],
        awaited: Sequence[Expected | None],
    ) -> list[Vector]:
        """The same, each with its receipt."""
        from millpond.serve.receipts import with_receipt, without_an_answer

        vectors = []
        told_each = self._told(commands, replies, shards)
        each = zip(requests, told_each, given, instants, owns, awaited, strict=True)
        for request, (told, fresh), taken, at, own, some in each:
            if isinstance(told, Failure):
                nothing = self.flow.unavailable(as_of=at, now=self.now, reason=told.reason)
                vectors.append(
                    without_an_answer(self.flow, request, nothing, ns=ns, asked=self.asked, now=self.now, given=taken)
                )
                continue
            vectors.append(
                with_receipt(
                    self.flow,
                    request,
                    told,
                    ns=ns,
                    as_of=at,
                    asked=self.asked,
                    now=self.now,
                    fresh=fresh,
                    stale_after=self.stale_after,
                    given=taken,
                    own=own,
                    expected=some,
                )
            )
        return vectors

    def _told(
        self, commands: Commands, replies: Sequence[Any], shards: Sequence[tuple[Shard, ...]]
    ) -> list[tuple[list[list[Any] | None] | Failure, Stamps]]:
        """What was found for each request, by part, and how fresh that is; or why it was not."""
        told: list[tuple[list[list[Any] | None] | Failure, Stamps]] = []
        begin = 0
        for parts in commands:
            end = begin + sum([len(some) for some in parts if some is not None])
            mine = replies[begin:end]
            failed = next((one for one in mine if isinstance(one, Failure)), None) if self.found.has_failures else None
            if failed is not None:
                told.append((failed, {}))
            else:
                its_shards = [shard for one in shards[begin:end] for shard in one] if shards else [WHOLE]
                each = iter(mine)
                fresh = self.found.fresh(list(dict.fromkeys(its_shards))) if mine else {}
                told.append(([None if some is None else list(islice(each, len(some))) for some in parts], fresh))
            begin = end
        return told
