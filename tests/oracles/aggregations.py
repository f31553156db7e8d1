"""Every aggregation by brute force: each event is looked at, in plain Python, exactly; knows nothing of Millpond.

    answers(Asked(kind="sum", window_ms=HOUR, fields=("amount",)), events, [(("a1",), 1_700_000_000_000)])

Nulls of x are skipped. Of nothing, counts and sums are 0 and everything else is null, lists and maps too.
Where the order of two events is not settled by event time and id (a source without ids), their fields settle it, null
before all. Whether a sum still fits a column is not asked here: it is the exact one.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from decimal import Context, Decimal, Inexact
from fractions import Fraction
from typing import Any

from tests.oracles import moments
from tests.oracles.asked import Answer, Asked, Event, Fields, Key, Kind, Value

_EXACT = Context(prec=400, traps=[Inexact])


def answers(asked: Asked, events: Iterable[Event], wanted: Sequence[tuple[Key, int]]) -> list[Answer]:
    """The value for each entity and instant.

    Args:
        asked: the aggregation and its window.
        events: of any entities, in any order.
        wanted: an entity's key and the instant q it is read at, ms.
    """
    by_key: dict[Key, list[Event]] = defaultdict(list)
    for event in events:
        by_key[event.key].append(event)
    return [answer(asked, by_key.get(key, ()), q) for key, q in wanted]


def answer(asked: Asked, events: Iterable[Event], q: int) -> Answer:
    """The value at q from one entity's events, those after q among them or not."""
    counted = [event for event in events if asked.where is None or event.values[asked.where] is True]
    if asked.kind == "count_new":
        return _count_new(asked, counted, q)
    return _OVER[asked.kind](asked, [event for event in counted if _covers(asked, q, event.ts)], q)


def _covers(asked: Asked, q: int, ts: int) -> bool:
    """Whether the window read at q holds the instant.

    count_distinct of an undelayed window is exact whatever its tiles are.

               lo        q-d-W                  q-d          q
        -------[==========(=======================]----------|---> ts
               |<- < s ->|            W                 d
    """
    delay = asked.delay_ms
    step = 1 if asked.kind == "count_distinct" and delay == 0 else asked.step_ms
    hi = q + 1 if delay == 0 else (q - delay + 1) // step * step
    if asked.window_ms is None:
        return ts < hi
    lo = (q - delay - asked.window_ms + 1) // step * step
    return lo <= ts < hi


# --- values and their order -----------------------------------------------------------------------------------------


def _x(asked: Asked, event: Event) -> Value | None:
    return _plain(event.values[asked.fields[0]])


def _plain(value: Value | None) -> Value | None:
    return value + 0.0 if isinstance(value, float) else value  # -0.0 is 0.0


def _xs(asked: Asked, events: Sequence[Event]) -> list[Value]:
    return [x for event in events if (x := _x(asked, event)) is not None]


def _order(value: Value) -> Any:
    """What a value sorts by: text by the bytes of its UTF-8, all else as it is."""
    return value.encode() if isinstance(value, str) else value


def _null_first(fields: Fields) -> Any:
    return tuple((False, 0) if field is None else (True, _order(field)) for field in fields)


def _fields(asked: Asked, event: Event) -> Fields:
    return tuple(_plain(event.values[name]) for name in asked.fields)


def _place(asked: Asked, event: Event) -> Any:
    """Where an event stands in time, ties settled."""
    return event.ts, _null_first((event.id,)), _null_first(_fields(asked, event))


def _fractions(xs: Sequence[Value]) -> list[Fraction]:
    assert not any(isinstance(x, str) for x in xs)
    return [Fraction(x) for x in xs]


# --- aggregations ---------------------------------------------------------------------------------------------------


def _count(_asked: Asked, events: Sequence[Event], _q: int) -> int:
    return len(events)


def _count_values(asked: Asked, events: Sequence[Event], _q: int) -> int:
    return len(_xs(asked, events))


def _sum(asked: Asked, events: Sequence[Event], _q: int) -> Value:
    xs = _xs(asked, events)
    total = sum(_fractions(xs))
    if any(isinstance(x, float) for x in xs):
        return float(total)
    if total.denominator == 1:
        return total.numerator
    return _EXACT.divide(Decimal(total.numerator), Decimal(total.denominator))


def _of_fractions(moment: Callable[[Sequence[Fraction]], float | None]) -> "_Rule":
    return lambda asked, events, q: moment(_fractions(_xs(asked, events)))


def _min(asked: Asked, events: Sequence[Event], _q: int) -> Value | None:
    return min(_xs(asked, events), key=_order, default=None)


def _max(asked: Asked, events: Sequence[Event], _q: int) -> Value | None:
    return max(_xs(asked, events), key=_order, default=None)


def _in_time(asked: Asked, events: Sequence[Event]) -> list[Event]:
    """In the order of time, those of which all fields are null left out."""
    told = [event for event in events if any(field is not None for field in _fields(asked, event))]
    return sorted(told, key=lambda event: _place(asked, event))


def _first(asked: Asked, events: Sequence[Event], _q: int) -> Fields | None:
    return next((_fields(asked, event) for event in _in_time(asked, events)), None)


def _last(asked: Asked, events: Sequence[Event], _q: int) -> Fields | None:
    return next((_fields(asked, event) for event in reversed(_in_time(asked, events))), None)


def _first_k(asked: Asked, events: Sequence[Event], _q: int) -> Answer:
    return tuple(_xs(asked, _in_time(asked, events))[: asked.k]) or None


def _last_k(asked: Asked, events: Sequence[Event], _q: int) -> Answer:
    return tuple(_xs(asked, _in_time(asked, events)[::-1])[: asked.k]) or None


def _by(asked: Asked, events: Sequence[Event]) -> list[Event]:
    """In the order of `by`, then of time."""
    assert asked.by is not None
    ranked = [
        (_order(by), _place(asked, event), event)
        for event in _in_time(asked, events)
        if (by := _plain(event.values[asked.by])) is not None
    ]
    return [event for *_, event in sorted(ranked, key=lambda row: row[:2])]


def _arg_min(asked: Asked, events: Sequence[Event], _q: int) -> Fields | None:
    return next((_fields(asked, event) for event in _by(asked, events)), None)


def _arg_max(asked: Asked, events: Sequence[Event], _q: int) -> Fields | None:
    return next((_fields(asked, event) for event in reversed(_by(asked, events))), None)


def _count_distinct(asked: Asked, events: Sequence[Event], _q: int) -> int:
    return len(set(_xs(asked, events)))


def _count_new(asked: Asked, events: Sequence[Event], q: int) -> int:
    """Values that occur in [lo, q] and not in [q - keep, lo), to the millisecond.

     q-keep          lo = q-W+1        q
    ---[=================)[============]---> ts
        not among these    new in these
    """
    assert asked.window_ms is not None
    lo = q - asked.window_ms + 1
    now = {x for event in events if lo <= event.ts <= q and (x := _x(asked, event)) is not None}
    before = {x for event in events if q - asked.keep_ms <= event.ts < lo and (x := _x(asked, event)) is not None}
    return len(now - before)


def _top_k(asked: Asked, events: Sequence[Event], _q: int) -> Answer:
    counts = Counter(_xs(asked, events))
    return tuple(sorted(counts, key=lambda x: (-counts[x], _order(x)))[: asked.k]) or None


def _value_counts(asked: Asked, events: Sequence[Event], _q: int) -> Answer:
    return dict(Counter(_xs(asked, events))) or None


def _quantile(asked: Asked, events: Sequence[Event], _q: int) -> Value | None:
    """The element of rank floor(p (n - 1)), from 0, of the sorted values."""
    xs = sorted(_xs(asked, events), key=_order)
    return xs[int(asked.p * (len(xs) - 1))] if xs else None


def _seconds_since_first(_asked: Asked, events: Sequence[Event], q: int) -> float | None:
    return (q - min(event.ts for event in events)) / 1000 if events else None


def _seconds_since_last(_asked: Asked, events: Sequence[Event], q: int) -> float | None:
    return (q - max(event.ts for event in events)) / 1000 if events else None


_Rule = Callable[[Asked, Sequence[Event], int], Answer]

_OVER: dict[Kind, _Rule] = {
    "count": _count,
    "count_values": _count_values,
    "sum": _sum,
    "mean": _of_fractions(moments.mean),
    "min": _min,
    "max": _max,
    "var": _of_fractions(moments.var),
    "std": _of_fractions(moments.std),
    "skew": _of_fractions(moments.skew),
    "kurtosis": _of_fractions(moments.kurtosis),
    "first": _first,
    "last": _last,
    "first_k": _first_k,
    "last_k": _last_k,
    "arg_max": _arg_max,
    "arg_min": _arg_min,
    "count_distinct": _count_distinct,
    "top_k": _top_k,
    "value_counts": _value_counts,
    "quantile": _quantile,
    "seconds_since_first": _seconds_since_first,
    "seconds_since_last": _seconds_since_last,
}
