"""The read flow, without I/O: which keys a read needs, and the vector their replies make."""

import operator
from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from types import MappingProxyType
from typing import Any

import msgspec

from millpond.algebra.values import Value
from millpond.plan.deployment import Publication
from millpond.plan.errors import ReadError
from millpond.plan.names import did_you_mean
from millpond.plan.windows import SKEW
from millpond.serve.derived import Derivation
from millpond.serve.many import of_many
from millpond.serve.own_event import Own, OwnEvents
from millpond.serve.part import Command, Made, PartRead, Reply, fill, latest_of, part_reads
from millpond.serve.rows import Tiles
from millpond.serve.settled import Bound, Group
from millpond.serve.sightings import Lookup, Sighting, unheld
from millpond.serve.status import Status
from millpond.serve.vector import PLAIN, Vector
from millpond.store.keys import KeyEncoder, events_key

Expected = Sequence[Sequence[Sighting]]
"""For each binding, events that are known to have happened."""


class ReadFlow:
    """How one publication is read; immutable.

    Args:
        publication: the set and its served views.
        ns: the environment whose keys are read.
    """

    def __init__(self, publication: Publication, ns: str) -> None:
        plan = publication.plan
        self.publication = publication
        self.derivation = Derivation(plan)
        self.names = self.derivation.names
        self.types = self.derivation.types
        self._features = len(plan.features)
        self._encoding = PLAIN if plan.encoding is msgspec.UNSET else plan.encoding
        views = [publication.served(binding.view, binding.version).view for binding in plan.bindings]
        self.own_events = None if plan.own_event is msgspec.UNSET else OwnEvents(plan, plan.own_event, views)
        self._nobodys: tuple[Own | None, ...] = (None,) * len(plan.bindings)
        self.parts: tuple[PartRead, ...] = tuple(
            part
            for index, binding in enumerate(plan.bindings)
            for part in part_reads(publication, ns, index, binding, publication.served(binding.view, binding.version))
        )
        asked = [(publication.served(one.view, one.version).view.entity, one.request_fields) for one in plan.bindings]
        different = list(dict.fromkeys(asked))  # bindings of one entity share its key
        self._entities = tuple((KeyEncoder(entity), fields) for entity, fields in different)
        self._entity_of = tuple(map(different.index, asked))  # of each binding
        self._groups = tuple(
            self._group(list(parts)) for _, parts in groupby(self.parts, key=lambda part: part.binding)
        )
        self._pick = _in_order([place for group in self._groups for place in group.places])

    def _group(self, parts: Sequence[PartRead]) -> Group:
        entity = self._entity_of[parts[0].binding]
        _, fields = self._entities[entity]
        return Group(parts, entity, fields[0] if len(fields) == 1 else None, self._features)

    # --- what to ask the store ---

    def keys(self, request: Mapping[str, object]) -> list[str | None]:
        """One store key a part, None where the request has no value for a key column.

        Raises:
            ReadError: a field is missing, or is not of the key column's type.
        """
        encoded = [_encoded(encoder, fields, request) for encoder, fields in self._entities]
        of = self._entity_of
        return [None if (key := encoded[of[part.binding]]) is None else part.key.key(key) for part in self.parts]

    def commands(
        self, request: Mapping[str, object], *, as_of: int | None, asked: int, expected: Expected | None = None
    ) -> list[tuple[Command, ...] | None]:
        """The commands of each part, to be sent in their order; None where the request has no value for a key column.

        Args:
            as_of: the instant to read at (ms); None for the present.
            asked: the wall clock (ms).
            expected: see `vector`.

        Raises:
            ReadError: as of `keys`.
        """
        first, last = (asked, asked + SKEW) if as_of is None else (as_of, as_of)
        found: list[tuple[Command, ...] | None] = []
        keys: dict[int, str | None] = {}
        for group in self._groups:
            its_own = expected[group.binding] if expected else ()
            known = None if its_own else group.known(request)
            if known is not None:
                found += known
                continue
            if group.entity not in keys:
                keys[group.entity] = _encoded(*self._entities[group.entity], request)
            key = keys[group.entity]
            if key is None:
                found += [None] * len(group.parts)
            elif its_own:
                found += [part.commands(part.key.key(key), first, last, its_own) for part in group.parts]
            else:
                found += group.commands(request, key, first, last)
        return found

    def lookups(self, request: Mapping[str, object], expected: Expected) -> list[Lookup]:
        """What looks for events in their tiles, of those parts that keep events.

        Raises:
            ReadError: as of `keys`.
        """
        return [
            Lookup(
                one,
                part.name,
                part.layout,
                part.kept.most,
                (("GET", key) if part.layout.is_strip else ("HGET", key, field), ("HGET", events_key(key), field)),
            )
            for part, key in zip(self.parts, self.keys(request), strict=True)
            if key is not None and part.kept is not None and expected[part.binding]
            for one in unheld(expected[part.binding], part.name)
            for field in (part.part.field(one.ts // part.size),)
        ]

    # --- what the replies say ---

    def vector(
        self,
        replies: Sequence[Reply | None],
        *,
        as_of: int | None,
        asked: int,
        now: int,
        fresh: Mapping[bytes, int],
        stale_after: int,
        given: Mapping[str, Value] = MappingProxyType({}),
        own: Sequence[Own | None] | None = None,
        expected: Expected | None = None,
    ) -> Vector:
        """The vector of one request.

        Args:
            given: what derived places read of the request, see `Derivation.given`.
            own: the request's event for each binding, see `OwnEvents.of`; then `as_of` is its time.
            expected: for each binding events that have happened: windows that hold one which is not in are `behind`.
            replies: one a part, as `commands` gave them; None where there were none.
            as_of: the instant to read at (ms); None for the present.
            asked: the wall clock when the store was asked: the present (ms).
            now: the wall clock when it had answered (ms).
            fresh: the store's freshness stamps.
            stale_after: ms after which a stamp is too old.
        """
        tables = [
            None if reply is None else Tiles(part.layout, reply[0])
            for part, reply in zip(self.parts, replies, strict=True)
        ]
        if as_of is None:
            latest = [latest_of(part, tiles) for part, tiles in zip(self.parts, tables, strict=True)]
            q = present(asked, max(latest, default=-1))
        else:
            q = as_of
        made = self.nothing()
        owns = self._nobodys if own is None else own
        for part, tiles, reply in zip(self.parts, tables, replies, strict=True):
            if tiles is not None and reply is not None:
                stamp, health = fresh.get(part.stamp, 0), _health(part, fresh, now, stale_after)
                awaited = expected[part.binding] if expected else ()
                fill(part, tiles, reply, q, now, health, made, own=owns[part.binding], awaited=awaited, stamp=stamp)
        return self.made_into(given, made.computed, made.statuses, q)

    def vectors(
        self,
        replies: Sequence[Sequence[Reply | None]],
        *,
        as_of: int | None,
        asked: int,
        now: int,
        fresh: Mapping[bytes, int],
        stale_after: int,
        given: Sequence[Mapping[str, Value]],
    ) -> list[Vector]:
        """The vectors of many requests, of a set that has no event of its own, as `vector` makes each of them.

        The tiles of one part are merged for all entities at once wherever they lie in strips and keep no events.

        Args:
            replies, given: one a request.
            as_of, asked, now, fresh, stale_after: as of `vector`.
        """
        found = [of_many(part, [reply[at] for reply in replies]) for at, part in enumerate(self.parts)]
        latest = [-1] * len(replies)
        for part in found:
            for number, its_latest in part.latest():
                latest[number] = max(latest[number], its_latest)
        instants = [present(asked, one) if as_of is None else as_of for one in latest]
        made = [self.nothing() for _ in replies]
        for part in found:
            part.answer(instants, now, _health(part.part, fresh, now, stale_after), made)
        each = zip(given, made, instants, strict=True)
        return [self.made_into(taken, one.computed, one.statuses, q) for taken, one, q in each]

    def recalled(
        self,
        commands: Sequence[Sequence[tuple[Command, ...] | None]],
        replies: Sequence[Any],
        *,
        as_of: int | None,
        asked: int,
        now: int,
        fresh: Mapping[bytes, int],
        stale_after: int,
        given: Sequence[Mapping[str, Value]],
    ) -> list[Vector]:
        """The vectors of requests, of a set that has no event of its own, as `vector` makes each of them.

        What was made of replies that are held is not made again, as long as it holds.

        Args:
            commands, given: one a request.
            replies: one a command; they may be held.
            as_of, asked, now, fresh, stale_after: as of `vector`.
        """
        groups, pick = self._groups, self._pick
        healths = [[_health(part, fresh, now, stale_after) for part in group.parts] for group in groups]
        vectors, at = [], 0
        for its_commands, its_given in zip(commands, given, strict=True):
            latest, place = -1, 0
            bound: list[Bound | None] = []
            for group in groups:
                one = None
                if its_commands[place] is not None:
                    one = group.bound(replies, at)
                    at += group.width
                    latest = max(latest, one.latest)
                bound.append(one)
                place += len(group.parts)
            q = present(asked, latest) if as_of is None else as_of
            values: tuple[Value, ...] = ()
            statuses: tuple[Status, ...] = ()
            for group, one, its_healths in zip(groups, bound, healths, strict=True):
                said = group.nothing if one is None else one.answer(q, now, its_healths)
                values += said[0]
                statuses += said[1]
            vectors.append(self.made_into(its_given, pick(values), pick(statuses), q))
        return vectors

    def nothing(self) -> "Made":
        """Of no features yet."""
        return Made([None] * self._features, ["no_key"] * self._features)

    def made_into(
        self, given: Mapping[str, Value], computed: Sequence[Value], statuses: Sequence[Status], q: int
    ) -> Vector:
        """The vector of what the set's features come to."""
        values, says = self.derivation.places(given, computed, statuses)
        return Vector(self.names, self.types, values, says, q, encoding=self._encoding)

    def unavailable(self, *, as_of: int | None, now: int, reason: str) -> Vector:
        """The vector when the store does not answer."""
        count = len(self.names)
        nothing: tuple[Value, ...] = (None,) * count
        nowhere: Status = "unavailable"
        at = now if as_of is None else as_of
        return Vector(self.names, self.types, nothing, (nowhere,) * count, at, reason, self._encoding)


def _health(part: PartRead, fresh: Mapping[bytes, int], now: int, stale_after: int) -> Status:
    """Whether what a part holds was seen up to date lately."""
    return "present" if abs(now - fresh.get(part.stamp, 0)) <= stale_after else "stale"


def _in_order(places: list[int]) -> Callable[[tuple[Any, ...]], tuple[Any, ...]]:
    """What puts those that are given in some places' order into their places."""
    order = [places.index(place) for place in range(len(places))]
    if order == places:  # each in its place
        return lambda some: some
    return operator.itemgetter(*order)


def _encoded(encoder: KeyEncoder, fields: tuple[str, ...], request: Mapping[str, object]) -> str | None:
    values = []
    for field in fields:
        if field not in request:
            raise ReadError(
                f"the request has no field {field!r}, a key of {encoder.entity!r}",
                mend=f"{did_you_mean(field, map(str, request))} Give None where the entity is not known.",
            )
        if request[field] is None:
            return None
        values.append(request[field])
    return encoder.encode(values)


def present(now: int, latest: int) -> int:
    """The instant of a live read: the wall clock, or the greatest event time read if that is ahead, by SKEW at most."""
    return min(max(now, latest), now + SKEW)
