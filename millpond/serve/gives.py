"""What an event that was kept gives to a partial, straight from the texts of its mark: see `algebra.contribution`.

A tile keeps of an event what came out of every tree that any partial is over, so that nothing is evaluated here.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

from millpond.algebra.buckets import bucket
from millpond.algebra.contribution import One
from millpond.algebra.marks import mark, number_of
from millpond.algebra.partials import limb
from millpond.plan.expr import Expr
from millpond.plan.partials import MARKED, Partial
from millpond.plan.types import DOUBLE

Parts: TypeAlias = Sequence[str | None]
Gives: TypeAlias = Callable[[Parts], One | None]


def gives(partial: Partial, kept: Partial) -> Gives:
    """What tells of an event what it gives; None where `where` does not hold, or where its value is null.

    Args:
        kept: the column of events; `partial` is another one of its view.
    """
    places = {tree: place for place, tree in enumerate((*kept.order, *kept.fields))}
    if partial.bucketed:
        given = _bucket(places[partial.order[0]])
    elif partial.function in MARKED:
        given = _mark([places[tree] for tree in partial.order], [places[tree] for tree in partial.fields])
    else:
        given = _number(partial, places)
    if partial.where is None:
        return given
    where = places[partial.where]
    return lambda parts: given(parts) if parts[where] == "1" else None


def _number(partial: Partial, places: dict[Expr, int]) -> Gives:
    if partial.value is None:
        return lambda _parts: 1
    place, read = places[partial.value], number_of(partial.value.type)
    if partial.function == "count":
        return lambda parts: None if parts[place] is None else 1
    if partial.power:
        power, which = partial.power, partial.limb
        return lambda parts: None if (text := parts[place]) is None else limb(int(read(text)) ** power, which)
    return lambda parts: None if (text := parts[place]) is None else read(text)


def _bucket(place: int) -> Gives:
    read = number_of(DOUBLE)
    return lambda parts: None if (text := parts[place]) is None else mark([(bucket(float(read(text))), DOUBLE)], [])


def _mark(order: list[int], fields: list[int]) -> Gives:
    def of(parts: Parts) -> str | None:
        told = [text for place in order if (text := parts[place]) is not None]
        if len(told) < len(order):
            return None
        beside = [text for place in fields if (text := parts[place]) is not None]
        if fields and not beside:
            return None
        return "".join(told + ["0" if (text := parts[place]) is None else f"1{text}" for place in fields])

    return of
