"""What is held at a load, by a model: an entity's events come at random and independently, at its own rate.

Of a tile of T ms an entity that has l events a millisecond gives one with probability 1 - exp(-l T). Conditions
(`where=`) and null keys are not modelled: every event counts for every partial, so what is told is rather too much.

live      After a year of such events. Flink forgets a tile that no event has touched for its TTL; a hash of the store
          lives while its gaps are shorter than its TTL, and never gives up a slot that it once took.
history   Flink's clock is the processing time: read at once, every tile of the history is open.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from millpond.plan.expr import Call, Constant, Expr, Field, fields_of
from millpond.plan.model import OUTAGE, SourcePlan, ViewPlan
from millpond.plan.partials import Partial
from millpond.plan.windows import DAY
from millpond.review.held import Floats, Hashes, HeldEvents, HeldView, Marks, OpenTiles, Part
from millpond.review.load import EntityLoad, Load
from millpond.review.marks import mark_bytes, marked
from millpond.review.store_bytes import events_bytes, record_bytes
from millpond.sql.flink import MINI_BATCH_MS
from millpond.store.parts import Part as StorePart
from millpond.store.parts import parts_of
from millpond.store.records import RecordLayout

GROUPS: Final = 2_000
RUNNING: Final = 365 * DAY


@dataclass(frozen=True, kw_only=True)
class _Entities:
    """Entities in groups of like rates: how many, and events a millisecond of each."""

    count: Floats
    rate: Floats


class Model:
    """What a load makes a pool hold.

    Args:
        load: as a file says it.
    """

    def __init__(self, load: Load) -> None:
        self._load = load

    def held_view(self, view: ViewPlan, *, history: bool) -> HeldView:
        """A view at the load.

        Raises:
            DefinitionError: the load does not speak of its source or entity, or of a field that matters.
        """
        load, told = self._load, self._load.source(view.source.name)
        entities = _entities(load.entity(view.entity.name), told.events_per_ms)
        kinds = [(kind, part) for kind in view.kinds for part in parts_of(view, kind)]
        span = told.history_ms if history else None
        return HeldView(
            parts={
                part.name: _part(view, part, entities, load, span=span, open_ms=view.state_ttl_ms(kind))
                for kind, part in kinds
            },
            text_bytes=tuple(_text(tree, view, load) for tree in view.by if tree.type.kind == "string"),
            coalesced=_coalesced(entities) * len(kinds),
        )

    def held_events(self, source: SourcePlan, *, history: bool) -> HeldEvents:
        """The events that a job over a source remembers; none where they have no id.

        Raises:
            DefinitionError: the load does not speak of the source, or of how long its ids are.
        """
        if source.event_id is None:
            return HeldEvents(count=0, id_bytes=0)
        told = self._load.source(source.name)
        span = told.history_ms if history else None
        remembered = source.lateness_ms + source.skew_ms + OUTAGE
        is_text = any(column.name == source.event_id and column.type.kind == "string" for column in source.columns)
        return HeldEvents(
            count=told.events_per_ms * (remembered if span is None else span),
            id_bytes=self._load.text_bytes(source.name, source.event_id) if is_text else 0,
        )


def _coalesced(entities: _Entities) -> float:
    """What is left of an event's row: different entities of a mini-batch, over its events."""
    different = entities.count @ -np.expm1(-entities.rate * MINI_BATCH_MS)
    return float(different / (entities.count @ entities.rate * MINI_BATCH_MS))


def _entities(told: EntityLoad, rate: float) -> _Entities:
    """The first ranks one by one, the others in groups a few per thousand wide."""
    edges = np.unique(np.floor(np.geomspace(1, told.count + 1, GROUPS)))
    first, last = edges[:-1], edges[1:]
    middle = np.sqrt(first * (last - 1))
    share = middle**-told.skew
    count = last - first
    return _Entities(count=count, rate=rate * share / (count @ share))


def _part(view: ViewPlan, part: StorePart, entities: _Entities, load: Load, *, span: int | None, open_ms: int) -> Part:
    tile, rate = float(part.size_ms), entities.rate
    full = -np.expm1(-rate * tile)
    events = rate * tile / full  # in a tile that has any
    is_strip = RecordLayout.of(view).is_strip
    if span is None:
        alive, opened = -np.expm1(-rate * part.ttl_ms), _touched(rate, tile, open_ms)
        entries = _spanned(rate, part) if is_strip and part.slots is not None else _grown(rate, part)
    else:
        alive, opened = -np.expm1(-rate * span), span / tile * full
        entries = _slots_hit(rate, part, span) / alive
        if is_strip and part.slots is not None and span > part.slots * tile:
            entries = _spanned(rate, part)
    marks = {partial.name: _marks(partial, events, view, load) for partial in marked(view.partials)}
    each = [
        {name: Marks(number=float(n[i]), size=float(s[i])) for name, (n, s) in marks.items()} for i in range(len(rate))
    ]
    events_beside = [size for one in each if (size := events_bytes(view, one)) is not None]
    weights = entities.count * opened
    return Part(
        hashes=Hashes(
            count=entities.count * alive,
            entries=entries,
            record=np.array([record_bytes(view, one) for one in each]),
            events=np.array(events_beside) if events_beside else None,
            key_bytes=_key_bytes(view, load),
        ),
        tiles=OpenTiles(
            count=float(weights.sum()),
            marks={
                name: Marks(number=float(np.average(n, weights=weights)), size=float(np.average(s, weights=weights)))
                for name, (n, s) in marks.items()
            },
        ),
    )


def _slots_hit(rate: Floats, part: StorePart, span: float) -> Floats:
    """Different slots, or tiles of a lifetime, that events of a span fall into."""
    slots = min(part.slots or np.inf, max(1.0, span / part.size_ms))
    return np.asarray(slots * -np.expm1(-rate * span / slots))


def _spanned(rate: Floats, part: StorePart) -> Floats:
    """Tiles of a strip: the newest one, and those that its ring spans with it."""
    assert part.slots is not None, "a lifetime loses none"
    return np.asarray(1 - (part.slots - 1) * np.expm1(-rate * part.size_ms))


def _grown(rate: Floats, part: StorePart) -> Floats:
    """Entries of a hash that lives, after a year.

    Looking back from its last event, each gap is shorter than the TTL with the same probability: so many events
    belong to its present life, and each of them took a slot at random.
    """
    most = _slots_hit(rate, part, RUNNING) / -np.expm1(-rate * RUNNING)
    if part.slots is None:
        return most
    ends, others = np.exp(-rate * part.ttl_ms), 1 - 1 / part.slots
    return np.minimum(most, part.slots * (1 - ends * others / (1 - (1 - ends) * others)))


def _touched(rate: Floats, tile: float, span: float) -> Floats:
    """Different tiles with an event within a span that begins anywhere in a tile: those cut at both ends count too."""
    full = -np.expm1(-rate * tile)
    return np.asarray((span / tile - 1) * full + 2 * (1 - full / (rate * tile)))


def _marks(partial: Partial, events: Floats, view: ViewPlan, load: Load) -> tuple[Floats, Floats]:
    """Number and size of a partial's marks in a tile of so many events."""
    one = mark_bytes(partial, lambda tree: _text(tree, view, load))
    number = np.minimum(_number(partial, events, view, load), partial.most or 1)
    return number, number * one


def _number(partial: Partial, events: Floats, view: ViewPlan, load: Load) -> Floats:
    if partial.function in ("least", "greatest"):
        return np.ones_like(events)
    if partial.function != "tally":
        return events
    values = np.prod([load.values(view.source.name, field.name) for field in fields_of(partial.order[0])])
    return np.asarray(values * -np.expm1(events * np.log1p(-1 / values)) if values > 1 else np.ones_like(events))


def _text(tree: Expr, view: ViewPlan, load: Load) -> float:
    """How long a text is: of a formula as long as the longest text in it."""
    match tree:
        case Field():
            return load.text_bytes(view.source.name, tree.name) if tree.type.kind == "string" else 0
        case Constant():
            return len(str(tree.value).encode()) if tree.type.kind == "string" else 0
        case Call():
            return max((_text(arg, view, load) for arg in tree.args), default=0)


def _key_bytes(view: ViewPlan, load: Load) -> float:
    """Integers are taken to be numbered from 1."""
    digits = len(str(load.entity(view.entity.name).count))
    columns = [_text(tree, view, load) if tree.type.kind == "string" else digits for tree in view.by]
    return sum(columns) + len(columns) - 1
