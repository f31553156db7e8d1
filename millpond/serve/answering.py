"""What was found in the store, made into the vectors of the requests that it was asked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, TypeAlias

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


class Asked(NamedTuple):
    """A request, and what was asked for it.

    Attributes:
        commands: those of each part; None where it has no value for a key column.
        given: what derived places read of it.
        as_of: the instant to read at (ms); None for the present.
        own: its event for each binding, if it is one.
        expected: for each binding, events that are known to have happened.
    """

    request: Mapping[str, object]
    commands: Sequence[tuple[Command, ...] | None]
    given: Mapping[str, Value]
    as_of: int | None
    own: Sequence[Own | None] | None
    expected: Expected | None


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
        self, asked: Sequence[Asked], replies: Sequence[Any], shards: Sequence[tuple[Shard, ...]]
    ) -> list[Vector]:
        """Each request with what it depends on alone: others may not have been answered, or by other shards."""
        return [
            self._unavailable(one, told)
            if isinstance(told, Failure)
            else self.flow.vector(
                told,
                as_of=one.as_of,
                asked=self.asked,
                now=self.now,
                fresh=fresh,
                stale_after=self.stale_after,
                given=one.given,
                own=one.own,
                expected=one.expected,
            )
            for one, (told, fresh) in zip(asked, self._told(asked, replies, shards), strict=True)
        ]

    def with_receipts(
        self, ns: str, asked: Sequence[Asked], replies: Sequence[Any], shards: Sequence[tuple[Shard, ...]]
    ) -> list[Vector]:
        """The same, each with its receipt."""
        from millpond.serve.receipts import with_receipt, without_an_answer

        vectors = []
        for one, (told, fresh) in zip(asked, self._told(asked, replies, shards), strict=True):
            if isinstance(told, Failure):
                made = without_an_answer(
                    self.flow,
                    one.request,
                    self._unavailable(one, told),
                    ns=ns,
                    asked=self.asked,
                    now=self.now,
                    given=one.given,
                )
            else:
                made = with_receipt(
                    self.flow,
                    one.request,
                    told,
                    ns=ns,
                    as_of=one.as_of,
                    asked=self.asked,
                    now=self.now,
                    fresh=fresh,
                    stale_after=self.stale_after,
                    given=one.given,
                    own=one.own,
                    expected=one.expected,
                )
            vectors.append(made)
        return vectors

    def _unavailable(self, one: Asked, failure: Failure) -> Vector:
        return self.flow.unavailable(as_of=one.as_of, now=self.now, reason=failure.reason)

    def _told(
        self, asked: Sequence[Asked], replies: Sequence[Any], shards: Sequence[tuple[Shard, ...]]
    ) -> list[tuple[list[list[Any] | None] | Failure, Stamps]]:
        """What was found for each request, by part, and how fresh that is; or why it was not."""
        told: list[tuple[list[list[Any] | None] | Failure, Stamps]] = []
        begin = 0
        for parts in [one.commands for one in asked]:
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
