"""What the features of one binding come to, held with the replies that it was made of, for as long as it holds.

Of the same tiles a window gives the same value until its end or its start comes to the next tile:

    tiles     |    |    |    |    |
    window        [=========]            from here
                  [===========]          to here, whatever the instant read
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

from millpond.algebra.values import Value
from millpond.plan.bounds import bounds
from millpond.plan.windows import SKEW
from millpond.serve.cache import Cached, reply_of
from millpond.serve.part import Command, Made, PartRead, Span, fill, latest_of
from millpond.serve.rows import Tiles
from millpond.serve.status import Status

Said: TypeAlias = tuple[tuple[Value, ...], tuple[Status, ...]]
"""Values and statuses, one a feature of a binding."""

_EVER: Final = 2**63 - 1
_ENTITIES: Final = 20_000
_PLAIN: Final = (str, int)  # True is no 1 here, and what equals by rules of its own may be another key


class Group:
    """The parts of one binding.

    Args:
        parts: in the order of their replies.
        entity: which of the set's entities they are of.
        field: of the request, where the entity's key is that field alone.
        features: how many the set has.

    Attributes:
        binding: its index.
        entity: as above.
        width: how many commands ask for the parts.
        places: among the set's features, those that the parts answer.
        nothing: what they come to where there is no key.
        settles: they come to the same for a while, and are asked for by the same commands.
    """

    __slots__ = (
        *("_commands", "_features", "_field"),
        *("binding", "entity", "nothing", "parts", "places", "settles", "width"),
    )

    def __init__(self, parts: Sequence[PartRead], entity: int, field: str | None, features: int) -> None:
        self._features = features
        self._field = field
        self.entity = entity
        self.parts = tuple(parts)
        self.binding = parts[0].binding
        self.width = sum([1 if part.kept is None else 2 for part in parts])
        answers = [answer for part in parts for span in part.spans for answer in span.answers]
        self.places = tuple([answer.place for answer in answers])
        no_key: Status = "no_key"
        self.nothing: Said = (None,) * len(answers), (no_key,) * len(answers)
        self.settles = self.width == len(parts) and not any(one.is_of_instant for one in answers)
        self._commands: dict[Any, tuple[tuple[Command, ...], ...]] = {}

    def known(self, request: Mapping[str, object]) -> tuple[tuple[Command, ...], ...] | None:
        """The commands for a request whose key has been met, where they do not move with time."""
        if self._field is None:
            return None
        value = request.get(self._field)
        return self._commands.get(value) if type(value) in _PLAIN else None

    def commands(
        self, request: Mapping[str, object], key: str, first: int, last: int
    ) -> tuple[tuple[Command, ...], ...]:
        """What asks for each part of the request's entity; see `PartRead.commands`."""
        found = tuple([part.commands(part.key.key(key), first, last) for part in self.parts])
        if self.settles and self._field is not None and type(request[self._field]) in _PLAIN:
            if len(self._commands) >= _ENTITIES:
                self._commands.clear()
            self._commands[request[self._field]] = found
        return found

    def bound(self, replies: Sequence[Any], at: int) -> "Bound":
        """What was found for the binding: what was made of these replies before, if they are held.

        Args:
            replies: from place `at` on those of the parts.
        """
        first = replies[at]
        made: dict[Group, Bound] | None = first.made if isinstance(first, Cached) else None
        found = None if made is None else made.get(self)
        if found is not None and found.is_of(replies, at):
            return found
        mine = replies[at : at + self.width]
        found = Bound(self, mine)
        if self.settles and all(isinstance(one, Cached) for one in mine):
            if first.made is None:
                first.made = {}
            first.made[self] = found
        return found

    def made(
        self, tables: Sequence[Tiles], replies: Sequence[Any], q: int, now: int, healths: Sequence[Status]
    ) -> Said:
        """What the features come to."""
        made = Made([None] * self._features, ["no_key"] * self._features)
        at = 0
        for part, tiles, health in zip(self.parts, tables, healths, strict=True):
            end = at + (1 if part.kept is None else 2)
            fill(part, tiles, [reply_of(one) for one in replies[at:end]], q, now, health, made)
            at = end
        return tuple([made.computed[at] for at in self.places]), tuple([made.statuses[at] for at in self.places])


class Bound:
    """What was found for one binding of a request, and what its features come to.

    Args:
        replies: of its parts.

    Attributes:
        latest: the greatest event time that was read, ms; -1 where there is none.
    """

    __slots__ = ("_before", "_group", "_replies", "_said", "_since", "_tables", "_until", "latest")

    def __init__(self, group: Group, replies: Sequence[Any]) -> None:
        self._group = group
        self._replies = replies
        self._tables = self._looked()
        self.latest = max([latest_of(part, tiles) for part, tiles in zip(group.parts, self._tables, strict=True)])
        self._said = group.nothing
        self._since = self._until = self._before = 0  # so far it holds for no instant

    def is_of(self, replies: Sequence[Any], at: int) -> bool:
        """Whether it was made of these replies, from a place on."""
        for mine in self._replies:
            if replies[at] is not mine:
                return False
            at += 1
        return True

    def answer(self, q: int, now: int, healths: Sequence[Status]) -> Said:
        """What its features come to.

        Args:
            healths: of its parts.
        """
        if self._since <= q < self._until and now < self._before and "stale" not in healths:
            return self._said
        group = self._group
        tables = self._tables or self._looked()
        said = group.made(tables, self._replies, q, now, healths)
        if group.settles and "stale" not in healths:
            self._hold(said, tables, q, now)
        return said

    def _looked(self) -> list[Tiles]:
        each = iter(self._replies)
        tables = []
        for part in self._group.parts:
            tables.append(Tiles(part.layout, reply_of(next(each))))
            if part.kept is not None:
                next(each)  # its events
        return tables

    def _hold(self, said: Said, tables: Sequence[Tiles], q: int, now: int) -> None:
        self._said, self._tables = said, []
        self._since, self._until, self._before = 0, _EVER, _EVER
        for part, tiles in zip(self._group.parts, tables, strict=True):
            for span in part.spans:
                since, until, before = _holds(part, span, tiles, q)
                self._since = max(self._since, since)
                self._until = min(self._until, until)
                self._before = min(self._before, before)
        if now >= self._before:
            self._until = 0  # of a clock that is set back later it would not be true


def _holds(part: PartRead, span: Span, tiles: Tiles, q: int) -> tuple[int, int, int]:
    """For which instants a window has the same tiles and the same flaws, from one to before another (ms).

    The third is of the wall clock (ms): from then on tiles may be gone with their key, or are already.
    """
    size, delay = part.size, span.delay
    lo, hi = bounds(span.size, delay, q, size)
    since, until = 0, _EVER
    if span.size is not None:
        since = lo + delay + span.size - 1
        until = since + size
    if delay:
        head = hi + delay - 1
        until = min(until, head + size)
    else:
        head = q // size * size
        until = min(until, head + size)
        last = head + tiles.last_of(head // size)
        if last > q:
            until = min(until, last)  # it is `ahead` until then
        else:
            head = max(head, last)
    gone = _EVER if part.slots is None else max(lo - SKEW, part.deployed_at) + part.part.ttl_ms
    return max(since, head), until, gone
