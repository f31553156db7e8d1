"""What a view says of a key at an instant, from a list of events: the Plan's meaning in plain Python.

Events go into tiles and tiles into windows exactly as in the running system, without its parts.
"""

from collections.abc import Callable, Iterable, Sequence

from millpond.algebra import values
from millpond.algebra.contribution import contribution
from millpond.algebra.evaluate import Event, Value, evaluate
from millpond.algebra.partials import State, add, merge, zero
from millpond.plan.model import FeaturePlan, ViewPlan
from millpond.plan.partials import Partial


def accepted(view: ViewPlan, events: Iterable[Event]) -> list[Event]:
    """The events that count, by the rules that hold without an arrival: event time and id are there, copies once.

    Copies are events of the same event id and event time; the first one counts.
    """
    source = view.source
    kept: list[Event] = []
    seen: set[tuple[Value | None, Value]] = set()
    for event in events:
        ts = event[source.event_time]
        if ts is None:
            continue
        if source.event_id is not None:
            copy = (event[source.event_id], ts)
            if copy[0] is None or copy in seen:
                continue
            seen.add(copy)
        kept.append(event)
    return kept


def replay(view: ViewPlan, events: Iterable[Event], key: Sequence[Value], q: int) -> dict[str, values.Value]:
    """Every feature of `key` read at instant `q` (ms UTC), events after q not seen.

    Args:
        view: the compiled view.
        events: accepted, in any order; each has every field the view reads.
        key: the key columns' values, in the entity's order.
        q: the instant read.
    """
    wanted = tuple(key)
    mine = [
        (ts, event)
        for event in events
        if (ts := _instant(event[view.source.event_time])) <= q
        and tuple(evaluate(expr, event) for expr in view.by) == wanted
    ]
    return {feature.name: _answer(view, feature, mine, q) for feature in view.features}


def _instant(value: Value | None) -> int:
    assert isinstance(value, int), f"an accepted event has its time in ms, not {value!r}"
    return value


def tile_of(partials: Sequence[Partial]) -> Callable[[Iterable[tuple[int, Event]]], list[State]]:
    """What gives the states of a tile: of the events in it, each with its time (ms)."""
    contributions = [(partial, contribution(partial)) for partial in partials]

    def tile(events: Iterable[tuple[int, Event]]) -> list[State]:
        states = [zero(partial) for partial in partials]
        for ts, event in events:
            for at, (partial, of) in enumerate(contributions):
                states[at] = add(partial, states[at], of(event), ts)
        return states

    return tile


def _answer(view: ViewPlan, feature: FeaturePlan, events: Sequence[tuple[int, Event]], q: int) -> values.Value:
    """From tiles of the feature's level, whole ones or, where the view is exact, what of them lies in the window."""
    lo, hi = feature.reach.bounds(q, 1 if view.is_exact else feature.level_ms)
    named = {partial.name: partial for partial in view.partials}
    partials = [named[name] for name in feature.partials]
    tiles: dict[int, list[tuple[int, Event]]] = {}
    for ts, event in events:
        if lo <= ts < hi:
            tiles.setdefault(ts // feature.level_ms, []).append((ts, event))
    states, tile = [zero(partial) for partial in partials], tile_of(partials)
    for inside in tiles.values():
        held = tile(inside)
        states = [merge(p, state, other) for p, state, other in zip(partials, states, held, strict=True)]
    return values.value(feature, partials, states, q)[0]
