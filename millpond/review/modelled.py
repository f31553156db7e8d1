"""What is held at a load, by a model: an entity's events come at random and independently, at its own rate.

Of a tile of T ms an entity that has l events a millisecond gives one with probability 1 - exp(-l T). Conditions
(`where=`) and null keys are not modelled: every event counts for every partial, so what is told is rather too much.

live      Flink forgets a tile that no event has touched for its TTL; a ring is as full as one TTL of events makes it.
history   Flink's clock is the processing time: read at once, every tile of the history is open.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from millpond.plan.expr import Call, Constant, Expr, Field, fields_of
from millpond.plan.model import OUTAGE, SourcePlan, ViewPlan
from millpond.plan.partials import Partial
from millpond.review.held import Floats, Hashes, HeldEvents, HeldView, Marks, OpenTiles, Part
from millpond.review.load import EntityLoad, Load
from millpond.review.marks import mark_bytes, marked
from millpond.review.store_bytes import record_bytes
from millpond.store.parts import Part as StorePart
from millpond.store.parts import parts_of

MINI_BATCH_MS: Final = 80.0  # table.exec.mini-batch.allow-latency
GROUPS: Final = 2_000


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
    tile = float(part.size_ms)
    kept_ms = part.ttl_ms if span is None else span
    slots = min(float(part.slots or np.inf), max(1.0, kept_ms / tile))
    rate = entities.rate
    is_there = -np.expm1(-rate * kept_ms)
    entries = slots * -np.expm1(-rate * kept_ms / slots) / is_there
    events = rate * tile / -np.expm1(-rate * tile)  # in a tile that has any
    opened = entities.count * (_touched(rate, tile, open_ms) if span is None else span / tile * -np.expm1(-rate * tile))
    marks = {partial.name: _marks(partial, events, view, load) for partial in marked(view.partials)}
    return Part(
        hashes=Hashes(
            count=entities.count * is_there,
            entries=entries,
            record=np.array([record_bytes(view, {k: _at(m, i) for k, m in marks.items()}) for i in range(len(rate))]),
            key_bytes=_key_bytes(view, load),
        ),
        tiles=OpenTiles(
            count=float(opened.sum()),
            marks={
                name: Marks(
                    number=float(np.average(number, weights=opened)), size=float(np.average(size, weights=opened))
                )
                for name, (number, size) in marks.items()
            },
        ),
    )


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


def _at(marks: tuple[Floats, Floats], group: int) -> Marks:
    number, size = marks
    return Marks(number=float(number[group]), size=float(size[group]))


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
