"""What the store replies with after some events, made tile by tile by the algebra: no Flink, Kafka or store."""

from collections.abc import Sequence
from dataclasses import astuple
from typing import Any

from millpond.algebra.evaluate import Event, evaluate
from millpond.algebra.partials import State
from millpond.algebra.replay import tile_of
from millpond.algebra.tallies import BETWEEN, Tally
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import SetPlan, ViewPlan
from millpond.plan.windows import MINUTE
from millpond.serve.cache import Cached
from millpond.serve.flow import ReadFlow
from millpond.serve.part import Reply
from millpond.serve.sightings import Sighting
from millpond.serve.vector import Vector
from millpond.store.guard import GuardedRow
from millpond.store.kept import kept as beside
from millpond.store.parts import Part
from millpond.store.records import RecordLayout, Texts
from millpond.store.strip import strip_of
from tests.unit.store.columns import columns
from tests.unit.store.strips import left_of


def read(plan: SetPlan, view: ViewPlan, events: Sequence[Event], key: tuple[Any, ...], q: int, *, now: int) -> Vector:
    """The vector of a set that binds one view, read at q."""
    served = Served(view=view, generation=1, job="", covered_since=0, deployed_at=now)
    flow = ReadFlow(Publication(plan=plan, views=(served,)), "dev")
    mine = [event for event in events if tuple(evaluate(expr, event) for expr in view.by) == key]
    fresh = {part.stamp: now for part in flow.parts}
    gives = replies(flow, view, mine, q, q)
    told: Any = {"asked": now, "now": now, "fresh": fresh, "stale_after": 30_000}
    vector = flow.vector(gives, as_of=q, **told)
    commands: Any = [tuple(("", "") for _ in some) for some in gives]
    held = [Cached(one) for some in gives for one in some]
    # What was made of it for other instants may be held, and is not to be told for this one.
    before = [flow.recalled([commands], held, as_of=at, given=[{}], **told) for at in (q - MINUTE, q - 1, q + 1, q)]
    (again,) = before[-1]
    assert astuple(again) == astuple(vector), "what is held says something else"
    return vector


def replies(
    flow: ReadFlow,
    view: ViewPlan,
    events: Sequence[Event],
    first: int,
    last: int,
    expected: Sequence[Sighting] = (),
) -> list[Reply]:
    """What the store gives for the commands of a read between two instants, of the one view that the flow reads."""
    made: list[Reply] = []
    for part in flow.parts:
        held = stored(view, events, part.part)
        events_of = {row.field: row.events for row in held}
        gives: dict[str, Any] = {"HVALS": [row.record for row in held], "GET": strip(view, events, part.part)}
        made.append(
            [
                [events_of.get(field) for field in fields] if command == "HMGET" else gives[command]
                for command, _, *fields in part.commands("key", first, last, expected)
            ]
        )
    return made


def strip(view: ViewPlan, events: Sequence[Event], part: Part) -> bytes | None:
    """The strip of one entity; None where there are no events."""
    _, gone = left_of(_by_tile(view, events, part), part.slots)
    return strip_of([row.record for row in stored(view, events, part)], gone=gone) if events else None


def stored(view: ViewPlan, events: Sequence[Event], part: Part) -> list[GuardedRow]:
    """What one entity's strip or hash holds, of a strip the oldest tile first; a slot holds the newest one."""
    size, slots, layout = part.size_ms, part.slots, RecordLayout.of(view)
    held = _by_tile(view, events, part)
    if layout.is_strip:
        left, _ = left_of(held, slots)
    else:
        left = list({number if slots is None else number % slots: number for number in sorted(held)}.values())
    kept = [(number, held[number]) for number in left]
    tile = tile_of(view.partials)
    states = [tile(inside) for _, inside in kept]
    header = columns(
        {
            "tile": [number for number, _ in kept],
            "n": [len(inside) for _, inside in kept],
            "first": [min(ts for ts, _ in inside) % size for _, inside in kept],
            "last": [max(ts for ts, _ in inside) % size for _, inside in kept],
        }
    )
    numbers: dict[str, Any] = {}
    kept_texts: Sequence[str | None] = [None] * len(kept)
    for place, partial in enumerate(view.partials):
        held_states = [one[place] for one in states]
        if partial == view.kept_events:
            kept_texts = [text(state) for state in held_states]
        elif partial.name in layout.marks:
            texts = [text(state) for state in held_states]
            header[partial.name] = Texts([None if one is None else one.encode() for one in texts])
        elif partial.type.kind == "double" and partial.function != "count":
            numbers[partial.name] = [None if state is None else float(state) for state in held_states]  # type: ignore[arg-type]
        else:
            numbers[partial.name] = held_states
    packed = layout.pack({**header, **columns(numbers)})
    return [
        GuardedRow(part.field(number), record, None if held_text is None else beside(record, held_text.encode()), None)
        for (number, _), record, held_text in zip(kept, packed, kept_texts, strict=True)
    ]


def _by_tile(view: ViewPlan, events: Sequence[Event], part: Part) -> dict[int, list[tuple[int, Event]]]:
    held: dict[int, list[tuple[int, Event]]] = {}
    for event in events:
        ts = event[view.source.event_time]
        assert isinstance(ts, int)
        held.setdefault(ts // part.size_ms, []).append((ts, event))
    return held


def text(state: State) -> str | None:
    """A state over marks as Flink writes it: see algebra/tallies.py."""
    if state is None or isinstance(state, str):
        return state
    if isinstance(state, Tally):
        return state.text
    assert isinstance(state, tuple), "it is over marks"
    return BETWEEN.join(map(str, state))
