"""What the store replies with after some events, made tile by tile by the algebra: no Flink, Kafka or store."""

from collections.abc import Sequence
from typing import Any

from millpond.algebra.evaluate import Event, evaluate
from millpond.algebra.partials import State
from millpond.algebra.replay import tile
from millpond.algebra.tallies import BETWEEN, Tally
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import SetPlan, ViewPlan
from millpond.serve.flow import ReadFlow
from millpond.serve.vector import Vector
from millpond.store.records import RecordLayout, Texts
from tests.unit.store.columns import columns


def read(plan: SetPlan, view: ViewPlan, events: Sequence[Event], key: tuple[Any, ...], q: int, *, now: int) -> Vector:
    """The vector of a set that binds one view, read at q."""
    served = Served(view=view, generation=1, job="", covered_since=0, deployed_at=now)
    flow = ReadFlow(Publication(plan=plan, views=(served,)), "dev")
    mine = [event for event in events if tuple(evaluate(expr, event) for expr in view.by) == key]
    replies = [records(view, mine, part.size, part.slots) for part in flow.parts]
    fresh = {part.stamp: now for part in flow.parts}
    return flow.vector(replies, as_of=q, now=now, fresh=fresh, stale_after=30_000)


def records(view: ViewPlan, events: Sequence[Event], size: int, slots: int | None) -> list[bytes]:
    """The records of one entity's ring (or of its lifetime): a slot holds the newest tile."""
    held: dict[int, list[tuple[int, Event]]] = {}
    for event in events:
        ts = event[view.source.event_time]
        assert isinstance(ts, int)
        held.setdefault(ts // size, []).append((ts, event))
    newest = {number if slots is None else number % slots: number for number in sorted(held)}
    kept = [(number, held[number]) for number in newest.values()]
    states = [tile(view.partials, inside) for _, inside in kept]
    layout = RecordLayout.of(view)
    header = columns(
        {
            "tile": [number for number, _ in kept],
            "n": [len(inside) for _, inside in kept],
            "first": [min(ts for ts, _ in inside) % size for _, inside in kept],
            "last": [max(ts for ts, _ in inside) % size for _, inside in kept],
        }
    )
    numbers: dict[str, Any] = {}
    for place, partial in enumerate(view.partials):
        held_states = [one[place] for one in states]
        if partial.name in layout.marks:
            texts = [text(state) for state in held_states]
            header[partial.name] = Texts([None if one is None else one.encode() for one in texts])
        elif partial.type.kind == "double" and partial.function != "count":
            numbers[partial.name] = [None if state is None else float(state) for state in held_states]  # type: ignore[arg-type]
        else:
            numbers[partial.name] = held_states
    return layout.pack({**header, **columns(numbers)})


def text(state: State) -> str | None:
    """A state over marks as Flink writes it: see algebra/tallies.py."""
    if state is None or isinstance(state, str):
        return state
    if isinstance(state, Tally):
        return state.text
    assert isinstance(state, tuple), "it is over marks"
    return BETWEEN.join(map(str, state))
