"""One part of a bound view, a level's ring or the lifetime: how it is asked for, and what its features come to."""

import operator
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from millpond.algebra.partials import State
from millpond.algebra.values import OF_THE_INSTANT, Flaw, Value, ValuedOfMany, valued, valued_of_many
from millpond.plan.bounds import bounds
from millpond.plan.deployment import Publication, Served, fragments_of
from millpond.plan.model import Binding, FeaturePlan, ViewPlan
from millpond.plan.windows import SKEW, WindowSpan
from millpond.serve.cut import Chosen
from millpond.serve.events import HeldEvents, KeptEvents
from millpond.serve.own_event import Own
from millpond.serve.rows import Tiles
from millpond.serve.sightings import NOTHING, Sighting, lacking
from millpond.serve.states import StateOf, state_over
from millpond.serve.status import Status, worse
from millpond.serve.strips import OfMany, merger_of_many
from millpond.store.keys import KeyTemplate, events_key, fragment_freshness_field
from millpond.store.parts import Part, parts_of
from millpond.store.records import RecordLayout

Command = tuple[str, ...]
Reply = Sequence[Any]
"""What the commands of a part gave: its records and, where it keeps events, those that were asked for."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One feature: its place in the vector, what picks its states from those of its span, and what gives its value.

    Attributes:
        is_of_instant: its value moves with the instant read, though its states stay.
    """

    place: int
    needs: list[int]  # which states of its span
    states: Callable[[list[State]], Sequence[State]]
    value: Callable[[Sequence[State], int], tuple[Value, Flaw]]
    of_many: ValuedOfMany
    is_of_instant: bool


@dataclass(frozen=True, slots=True)
class Span:
    """The features that share a window, and what gives the state of each partial that any of them needs.

    Attributes:
        size, delay: of the window, ms; None for a lifetime.
        of_many: what gives the states of many entities at once, where their tiles lie in strips and keep no events.
    """

    size: int | None
    delay: int
    states: tuple[StateOf, ...]
    of_many: tuple[OfMany, ...]
    answers: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class PartRead:
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
    spans: tuple[Span, ...]
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
        tiles += [one.ts // self.size for one in expected if one.is_looked_for_in(self.name)]
        return records, ("HMGET", events_key(key), *dict.fromkeys(map(self.part.field, tiles)))

    @property
    def name(self) -> str:
        """Which part of the store it is of, whatever entity is read: its keys without theirs."""
        return self.key.key("")

    def bounds(self, span: Span, q: int) -> tuple[int, int]:
        """What a window read at q is of: from one instant to before another, ms."""
        # An exact view's window also reaches into the tiles that it cuts.
        return bounds(span.size, span.delay, q, self.size if self.kept is None else 1)

    def reaches(self, span: Span, q: int, instants: Sequence[int]) -> bool:
        """Whether a window read at q holds one of some instants."""
        lo, hi = self.bounds(span, q)
        return any(lo <= ts < hi for ts in instants)


def part_reads(publication: Publication, ns: str, index: int, binding: Binding, served: Served) -> list[PartRead]:
    """The parts that answer the features of a binding.

    Args:
        index: of the binding.
        served: its view.
    """
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
                PartRead(
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
) -> Span:
    partials = {partial.name: partial for partial in view.partials}
    asked: dict[str, list[FeaturePlan]] = {}
    for _, feature in features:
        for name in feature.partials:
            asked.setdefault(name, []).append(feature)
    needed = list(asked)
    answers = [
        Answer(
            place=place,
            needs=[needed.index(name) for name in feature.partials],
            states=_those([needed.index(name) for name in feature.partials]),
            value=valued(feature, [partials[name] for name in feature.partials]),
            of_many=valued_of_many(feature, [partials[name] for name in feature.partials]),
            is_of_instant=feature.aggregation in OF_THE_INSTANT,
        )
        for place, feature in features
    ]
    states = [state_over(layout, partials[name], view.kept_events, asked[name], part.size_ms) for name in needed]
    many = [merger_of_many(layout, partials[name]) for name in needed] if _is_simple(view, layout) else []
    return Span(window.size_ms, window.delay_ms, tuple(states), tuple(many), tuple(answers))


def _is_simple(view: ViewPlan, layout: RecordLayout) -> bool:
    """Whether many entities are read at once: a window is of whole tiles, and those lie in strips."""
    return layout.is_strip and view.kept_events is None


def _those(places: list[int]) -> Callable[[list[State]], Sequence[State]]:
    """What picks some of a list."""
    if len(places) > 1:
        return operator.itemgetter(*places)
    (place,) = places
    return lambda states: (states[place],)


def latest_of(part: PartRead, tiles: Tiles | None) -> int:
    """The greatest event time that was read, ms; -1 where there is none."""
    if tiles is None or tiles.newest < 0:
        return -1
    return tiles.newest * part.size + tiles.last_of(tiles.newest)


@dataclass(frozen=True, slots=True)
class Made:
    """What the features of one vector come to."""

    computed: list[Value]
    statuses: list[Status]


def fill(
    part: PartRead,
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
    """Fill in the features that one part answers.

    Where their window holds an awaited event that is not in they are `behind`; where nobody can tell yet, `ahead`.
    """
    held = None if part.kept is None else part.kept.read(tiles, reply[1], q, own)
    missing, pushed_out = lacking(awaited, part.name, held, stamp) if awaited else NOTHING
    for span in part.spans:
        chosen = select(part, span, tiles, held, q, now, own)
        found = worse(chosen.status, health)
        if missing and part.reaches(span, q, missing):
            found = worse(found, "behind")
        if pushed_out and part.reaches(span, q, pushed_out):
            found = worse(found, "ahead")
        plain = worse("empty", found) if chosen.is_empty else found
        merged = [state(tiles, chosen) for state in span.states]
        for answer in span.answers:
            result, flaw = answer.value(answer.states(merged), q)
            made.computed[answer.place] = result
            made.statuses[answer.place] = worse(flaw, found) if flaw else plain


def select(
    part: PartRead,
    span: Span,
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
