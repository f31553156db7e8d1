"""The read flow, without I/O: which keys a read needs, and the vector their replies make."""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import msgspec
import numpy as np

from millpond.algebra.partials import State
from millpond.algebra.values import Flaw, Value, ValuedOfMany, valued, valued_of_many
from millpond.plan.bounds import bounds
from millpond.plan.deployment import Publication, Served, fragments_of
from millpond.plan.errors import ReadError
from millpond.plan.model import Binding, FeaturePlan, ViewPlan
from millpond.plan.names import did_you_mean
from millpond.plan.windows import SKEW, WindowSpan
from millpond.serve.cut import Chosen
from millpond.serve.derived import Derivation
from millpond.serve.events import HeldEvents, KeptEvents
from millpond.serve.own_event import Own, OwnEvents
from millpond.serve.rows import Tiles
from millpond.serve.sightings import Lookup, Sighting, lacking, unheld
from millpond.serve.states import StateOf, state_over
from millpond.serve.status import SEVERITY, STATUSES, Status, worse
from millpond.serve.strips import Ints, OfMany, Strips, merger_of_many
from millpond.serve.vector import PLAIN, Vector
from millpond.store.keys import KeyEncoder, KeyTemplate, events_key, fragment_freshness_field
from millpond.store.parts import Part, parts_of
from millpond.store.records import RecordLayout

Command = tuple[str, ...]
Reply = Sequence[Any]
"""What the commands of a part gave: its records and, where it keeps events, those that were asked for."""
Expected = Sequence[Sequence[Sighting]]
"""For each binding, events that are known to have happened."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """One feature: its place in the vector, what picks its states from those of its span, and what gives its value."""

    place: int
    needs: list[int]  # which states of its span
    states: Callable[[list[State]], Sequence[State]]
    value: Callable[[Sequence[State], int], tuple[Value, Flaw]]
    of_many: ValuedOfMany


@dataclass(frozen=True, slots=True)
class _Span:
    """The features that share a window, and what gives the state of each partial that any of them needs.

    Attributes:
        size, delay: of the window, ms; None for a lifetime.
        of_many: what gives the states of many entities at once, where their tiles lie in strips and keep no events.
    """

    size: int | None
    delay: int
    states: tuple[StateOf, ...]
    of_many: tuple[OfMany, ...]
    answers: tuple[_Answer, ...]


@dataclass(frozen=True, slots=True)
class _PartRead:
    """One strip or hash of one bound view: a level's ring or the lifetime tiles.

    Attributes:
        binding: index of the binding whose entity it belongs to.
        stamp: the field of the freshness hash that must be young.
        covered_since: windows reaching back before it are incomplete.
        part, size, slots: what it is, the size of its tiles (ms), and how many it has; None for a lifetime.
        deployed_at: no tile was written before that instant (ms).
        kept: the events in its tiles, of an exact view.
        is_simple: many entities are read at once.
    """

    binding: int
    key: KeyTemplate
    layout: RecordLayout
    part: Part
    size: int
    slots: int | None
    stamp: bytes
    covered_since: int
    deployed_at: int
    spans: tuple[_Span, ...]
    kept: KeptEvents | None
    is_simple: bool

    def commands(self, key: str, first: int, last: int, expected: Sequence[Sighting] = ()) -> tuple[Command, ...]:
        """What asks for all records of an entity, and for the events that its windows may need.

        Args:
            key: of the records.
            first, last: the read's instant (ms) will be from the one to the other.
            expected: events that are looked for in their tiles.
        """
        records = ("GET" if self.layout.is_strip else "HVALS", key)
        if self.kept is None:
            return (records,)
        tiles = self.kept.tiles(first, last)
        tiles += [one.ts // self.size for one in expected if self.name not in one.held]
        return records, ("HMGET", events_key(key), *dict.fromkeys(map(self.part.field, tiles)))

    @property
    def name(self) -> str:
        """Which part of the store it is of, whatever entity is read: its keys without theirs."""
        return self.key.key("")

    def bounds(self, span: _Span, q: int) -> tuple[int, int]:
        """What a window read at q is of: from one instant to before another, ms."""
        # An exact view's window also reaches into the tiles that it cuts.
        return bounds(span.size, span.delay, q, self.size if self.kept is None else 1)

    def reaches(self, span: _Span, q: int, instants: Sequence[int]) -> bool:
        """Whether a window read at q holds one of some instants."""
        lo, hi = self.bounds(span, q)
        return any(lo <= ts < hi for ts in instants)


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
        self.parts: tuple[_PartRead, ...] = tuple(
            part
            for index, binding in enumerate(plan.bindings)
            for part in _parts(publication, ns, index, binding, publication.served(binding.view, binding.version))
        )
        asked = [(publication.served(one.view, one.version).view.entity, one.request_fields) for one in plan.bindings]
        different = list(dict.fromkeys(asked))  # bindings of one entity share its key
        self._entities = tuple((KeyEncoder(entity), fields) for entity, fields in different)
        self._entity_of = tuple(map(different.index, asked))  # of each binding

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
        return [
            None if key is None else part.commands(key, first, last, expected[part.binding] if expected else ())
            for part, key in zip(self.parts, self.keys(request), strict=True)
        ]

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
                stamp = fresh.get(part.stamp, 0)
                health: Status = "present" if abs(now - stamp) <= stale_after else "stale"
                awaited = expected[part.binding] if expected else ()
                answer(part, tiles, reply, q, now, health, made, own=owns[part.binding], awaited=awaited, stamp=stamp)
        return self.made_into(given, made, q)

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
        found = [_of_part(part, [reply[at] for reply in replies]) for at, part in enumerate(self.parts)]
        latest = [-1] * len(replies)
        for part in found:
            for number, its_latest in part.latest():
                latest[number] = max(latest[number], its_latest)
        instants = [present(asked, one) if as_of is None else as_of for one in latest]
        made = [self.nothing() for _ in replies]
        for part in found:
            health: Status = "present" if abs(now - fresh.get(part.part.stamp, 0)) <= stale_after else "stale"
            part.answer(instants, now, health, made)
        return [self.made_into(*one) for one in zip(given, made, instants, strict=True)]

    def nothing(self) -> "Made":
        """Of no features yet."""
        return Made([None] * self._features, ["no_key"] * self._features)

    def made_into(self, given: Mapping[str, Value], made: "Made", q: int) -> Vector:
        """The vector of what the set's features come to."""
        values, says = self.derivation.places(given, made.computed, made.statuses)
        return Vector(self.names, self.types, values, says, q, encoding=self._encoding)

    def unavailable(self, *, as_of: int | None, now: int, reason: str) -> Vector:
        """The vector when the store does not answer."""
        count = len(self.names)
        nothing: tuple[Value, ...] = (None,) * count
        nowhere: Status = "unavailable"
        at = now if as_of is None else as_of
        return Vector(self.names, self.types, nothing, (nowhere,) * count, at, reason, self._encoding)


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


def _parts(publication: Publication, ns: str, index: int, binding: Binding, served: Served) -> list[_PartRead]:
    view = served.view
    layout = RecordLayout.of(view)
    rings = {level.size_ms for level in view.levels}
    chosen: dict[tuple[bool, int], dict[WindowSpan, list[tuple[int, FeaturePlan]]]] = {}
    for place, wanted in enumerate(publication.plan.features):
        if wanted.alias != binding.alias:
            continue
        feature = view.feature(wanted.feature)
        where = (feature.window.size_ms is None or feature.level_ms not in rings, feature.level_ms)
        chosen.setdefault(where, {}).setdefault(feature.reach, []).append((place, feature))
    read = []
    for fragment in fragments_of(view, served.generation):
        stamp = fragment_freshness_field(fragment.topic(ns)).encode()
        for part in parts_of(view, fragment.kind):
            spans = chosen.get((part.slots is None, part.size_ms))
            if spans is None:
                continue
            read.append(
                _PartRead(
                    binding=index,
                    key=KeyTemplate.of(ns, view, served.generation, part.name),
                    layout=layout,
                    part=part,
                    size=part.size_ms,
                    slots=part.slots,
                    stamp=stamp,
                    covered_since=served.covered_since,
                    deployed_at=served.deployed_at,
                    spans=tuple(_span(view, layout, part, window, features) for window, features in spans.items()),
                    kept=None if view.kept_events is None else KeptEvents(view.kept_events, part.size_ms, spans),
                    is_simple=_is_simple(view, layout),
                )
            )
    return read


def _span(
    view: ViewPlan, layout: RecordLayout, part: Part, window: WindowSpan, features: Sequence[tuple[int, FeaturePlan]]
) -> _Span:
    partials = {partial.name: partial for partial in view.partials}
    asked: dict[str, list[FeaturePlan]] = {}
    for _, feature in features:
        for name in feature.partials:
            asked.setdefault(name, []).append(feature)
    needed = list(asked)
    answers = [
        _Answer(
            place=place,
            needs=[needed.index(name) for name in feature.partials],
            states=_those([needed.index(name) for name in feature.partials]),
            value=valued(feature, [partials[name] for name in feature.partials]),
            of_many=valued_of_many(feature, [partials[name] for name in feature.partials]),
        )
        for place, feature in features
    ]
    states = [state_over(layout, partials[name], view.kept_events, asked[name], part.size_ms) for name in needed]
    many = [merger_of_many(layout, partials[name]) for name in needed] if _is_simple(view, layout) else []
    return _Span(window.size_ms, window.delay_ms, tuple(states), tuple(many), tuple(answers))


def _is_simple(view: ViewPlan, layout: RecordLayout) -> bool:
    """Whether many entities are read at once: a window is of whole tiles, and those lie in strips."""
    return layout.is_strip and view.kept_events is None


def _those(places: list[int]) -> Callable[[list[State]], Sequence[State]]:
    """What picks some of a list."""
    if len(places) > 1:
        return operator.itemgetter(*places)
    (place,) = places
    return lambda states: (states[place],)


def latest_of(part: _PartRead, tiles: Tiles | None) -> int:
    """The greatest event time that was read, ms; -1 where there is none."""
    if tiles is None or tiles.newest < 0:
        return -1
    return tiles.newest * part.size + tiles.last_of(tiles.newest)


def present(now: int, latest: int) -> int:
    """The instant of a live read: the wall clock, or the greatest event time read if that is ahead, by SKEW at most."""
    return min(max(now, latest), now + SKEW)


@dataclass(frozen=True, slots=True)
class Made:
    """What the features of one vector come to."""

    computed: list[Value]
    statuses: list[Status]


def answer(
    part: _PartRead,
    tiles: Tiles,
    reply: Reply,
    q: int,
    now: int,
    health: Status,
    made: Made,
    *,
    own: Own | None = None,
    awaited: Sequence[Sighting] = (),
    stamp: int = 0,
) -> None:
    """The features that one part answers; `behind` where their window holds an awaited event that is not in."""
    held = None if part.kept is None else part.kept.read(tiles, reply[1], q, own)
    missing = lacking(awaited, part.name, held, stamp) if awaited else ()
    for span in part.spans:
        chosen = select(part, span, tiles, held, q, now, own)
        found = worse(chosen.status, health)
        if missing and part.reaches(span, q, missing):
            found = worse(found, "behind")
        plain = worse("empty", found) if chosen.is_empty else found
        merged = [state(tiles, chosen) for state in span.states]
        for answer in span.answers:
            result, flaw = answer.value(answer.states(merged), q)
            made.computed[answer.place] = result
            made.statuses[answer.place] = worse(flaw, found) if flaw else plain


def select(
    part: _PartRead,
    span: _Span,
    tiles: Tiles,
    held: HeldEvents | None,
    q: int,
    now: int,
    own: Own | None,
) -> Chosen:
    """What a window holds, and what is wrong with it.

      lo                       q  hi = q + 1
    --[====|====|====|====|====x]---> tiles from lo // s up to the one that holds q
    """
    size = part.size
    lo, hi = part.bounds(span, q)
    first, end = lo // size, -(-hi // size)
    if held is not None:
        chosen = held.choose(lo, hi, is_current=span.delay == 0, is_lifetime=span.size is None)
    elif span.delay == 0 and q // size * size + tiles.last_of(q // size) > q:
        chosen = Chosen(tiles.between(first, end), status="ahead")
    elif span.delay == 0 and own is not None and tiles.last_of(q // size) < q % size:
        chosen = Chosen(tiles.between(first, end), status="behind")
    else:
        chosen = Chosen(tiles.between(first, end))
    # A tile that has given way to a later one may have held events.
    lacks = part.slots is not None and tiles.may_lack(first, end, part.slots)
    # The first tile of the range may have been the last of an idle entity, and be gone with its hash.
    expired = part.slots is not None and max(lo - SKEW, part.deployed_at) + part.part.ttl_ms <= now
    if lacks or expired or lo < part.covered_since:
        chosen.status = worse(chosen.status, "incomplete")
    return chosen


class _Some:
    """One part of many requests, whose tiles are merged one request after the other.

    Args:
        replies: one a request; None where there was none.
    """

    def __init__(self, part: _PartRead, replies: Sequence[Reply | None]) -> None:
        self.part = part
        self._found = [
            (number, Tiles(part.layout, reply[0]), reply) for number, reply in enumerate(replies) if reply is not None
        ]

    def latest(self) -> Iterable[tuple[int, int]]:
        """The numbers of the requests that it is read for, and the greatest event time of each, ms; -1 for none."""
        return [(number, latest_of(self.part, tiles)) for number, tiles, _ in self._found]

    def answer(self, instants: Sequence[int], now: int, health: Status, made: Sequence[Made]) -> None:
        """Its features of every request."""
        for number, tiles, reply in self._found:
            answer(self.part, tiles, reply, instants[number], now, health, made[number])


class _Many(_Some):
    """One part of many requests, whose tiles are merged all at once."""

    def __init__(self, part: _PartRead, replies: Sequence[Reply | None]) -> None:
        self.part = part
        self._numbers = [number for number, reply in enumerate(replies) if reply is not None]
        self._strips = Strips(part.layout, [reply[0] for reply in replies if reply is not None], part.size)

    def latest(self) -> Iterable[tuple[int, int]]:
        return zip(self._numbers, self._strips.latest.tolist(), strict=True)

    def answer(self, instants: Sequence[int], now: int, health: Status, made: Sequence[Made]) -> None:
        strips, mine = self._strips, [made[number] for number in self._numbers]
        q = [instants[number] for number in self._numbers]
        for span in self.part.spans:
            start, stop, found = self._select(span, q, now, health)
            plain = np.where(start >= stop, np.maximum(found, SEVERITY["empty"]), found)
            says = [STATUSES[rank] for rank in plain.tolist()]
            merged = [state(strips, start, stop) for state in span.of_many]
            for answer in span.answers:
                place = answer.place
                values, flaws = answer.of_many([merged[needed] for needed in answer.needs], q)
                for one, value, status in zip(mine, values, says, strict=True):
                    one.computed[place] = value
                    one.statuses[place] = status
                for at, flaw in enumerate(flaws):
                    if flaw:
                        mine[at].statuses[place] = worse(flaw, STATUSES[int(found[at])])

    def _select(self, span: _Span, q: list[int], now: int, health: Status) -> tuple[Ints, Ints, Ints]:
        """Which rows the window of each entity holds, and what is wrong with it, as its rank: `select` of one."""
        part, strips = self.part, self._strips
        bounded = [bounds(span.size, span.delay, one, part.size) for one in q]
        lo, hi = (np.array(ends, np.int64) for ends in zip(*bounded, strict=True))
        first, end = lo // part.size, -(-hi // part.size)
        wrong: Ints = np.full(len(q), SEVERITY[health], np.int64)
        if span.delay == 0:
            at: Ints = np.array(q, np.int64)
            head = at // part.size
            is_ahead = head * part.size + strips.last_of(head) > at
            wrong[is_ahead] = np.maximum(wrong[is_ahead], SEVERITY["ahead"])
        lacks = lo < part.covered_since
        if part.slots is not None:
            lacks |= first < strips.gone
            lacks |= np.maximum(lo - SKEW, part.deployed_at) + part.part.ttl_ms <= now
        wrong[lacks] = np.maximum(wrong[lacks], SEVERITY["incomplete"])
        return strips.places(first), strips.places(end), wrong


def _of_part(part: _PartRead, replies: Sequence[Reply | None]) -> _Some:
    if part.is_simple and any(reply is not None for reply in replies):
        return _Many(part, replies)
    return _Some(part, replies)
