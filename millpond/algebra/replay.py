"""What a view says of a key at an instant, from a list of events: the Plan's meaning in plain Python.

Events go into tiles and tiles into windows exactly as in the running system, without its parts.
"""

from collections.abc import Iterable, Sequence

from millpond.algebra.evaluate import Event, Value, evaluate
from millpond.algebra.marks import mark
from millpond.algebra.partials import State, add, merge, zero
from millpond.algebra.values import value
from millpond.plan.model import FeaturePlan, ViewPlan
from millpond.plan.partials import MARKED, Partial

Tiles = dict[int, list[State]]


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


def replay(view: ViewPlan, events: Iterable[Event], key: Sequence[Value], q: int) -> dict[str, Value | None]:
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
    sizes = {feature.level_ms for feature in view.features}
    levels = {size: _tiles(view.partials, mine, size) for size in sizes}
    return {feature.name: _answer(view, feature, levels[feature.level_ms], q) for feature in view.features}


def _instant(value: Value | None) -> int:
    assert isinstance(value, int), f"an accepted event has its time in ms, not {value!r}"
    return value


def _tiles(partials: Sequence[Partial], events: Iterable[tuple[int, Event]], size: int) -> Tiles:
    tiles: Tiles = {}
    for ts, event in events:
        states = tiles.setdefault(ts // size, [zero(partial) for partial in partials])
        for i, partial in enumerate(partials):
            if partial.where is None or evaluate(partial.where, event) is True:
                states[i] = add(partial, states[i], given(partial, event))
    return tiles


def given(partial: Partial, event: Event) -> int | float | str | None:
    """What a partial is given of an event; a plain count is given 1."""
    if partial.function in MARKED:
        order, fields = (
            [(evaluate(tree, event), tree.type) for tree in trees] for trees in (partial.order, partial.fields)
        )
        return mark(order, fields)
    if partial.value is None:
        return 1
    return evaluate(partial.value, event)  # type: ignore[return-value]  # typed as a number when it was compiled


def _answer(view: ViewPlan, feature: FeaturePlan, tiles: Tiles, q: int) -> Value | None:
    lo, hi = feature.window.bounds(q, feature.level_ms)
    columns = [i for name in feature.partials for i, partial in enumerate(view.partials) if partial.name == name]
    partials = [view.partials[i] for i in columns]
    states = [zero(partial) for partial in partials]
    for tile, held in tiles.items():
        if lo <= tile * feature.level_ms < hi:
            states = [merge(p, state, held[i]) for p, state, i in zip(partials, states, columns, strict=True)]
    return value(feature, partials, states, q)[0]
