"""Vectors of a set at given requests and instants, from events in DuckDB: the very numbers of the deployed path.

Windows, tiles, caps and statuses are those of a Reader whose store holds all that was accepted up to the instant.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from millpond.algebra.values import Value
from millpond.offline.answers import Asked, answers
from millpond.offline.events import Events
from millpond.plan.errors import ReadError
from millpond.plan.model import Binding, Column, SetPlan, ViewPlan
from millpond.serve.derived import Derivation
from millpond.serve.own_event import Own, OwnEvents
from millpond.serve.request import Request, RequestFields
from millpond.serve.status import Status
from millpond.serve.vector import PLAIN, Vector


class Ask(NamedTuple):
    """One vector that is wanted.

    Attributes:
        request: what a read is given.
        q: the instant, ms UTC; None for a set with `own_event`, whose vectors are of the time of their requests.
    """

    request: Request
    q: int | None = None


def vectors(events: Events, plan: SetPlan, views: Sequence[ViewPlan], asks: Sequence[Ask]) -> list[Vector]:
    """One vector an ask, in order.

    Args:
        events: of every source that the views are over.
        views: of the set's bindings, in order.

    Raises:
        ReadError: a request lacks a field or has one of the wrong type; an instant is missing, or is one too many.
    """
    derivation = Derivation(plan)
    given = [derivation.given(ask.request) for ask in asks]
    moments = moments_of(plan, views, asks)
    computed: list[list[Value]] = [[None] * len(plan.features) for _ in asks]
    statuses: list[list[Status]] = [["no_key"] * len(plan.features) for _ in asks]
    for index, (binding, view) in enumerate(zip(plan.bindings, views, strict=True)):
        keys = Keys(binding, view)
        asked = [
            Asked(number, key, q, owns[index])
            for number, (ask, (q, owns)) in enumerate(zip(asks, moments, strict=True))
            if (key := keys.of(ask.request)) is not None
        ]
        places = [place for place, wanted in enumerate(plan.features) if wanted.alias == binding.alias]
        features = [view.feature(plan.features[place].feature) for place in places]
        for place, found in zip(places, answers(events, view, features, asked), strict=True):
            for one, (value, status) in zip(asked, found, strict=True):
                computed[one.number][place], statuses[one.number][place] = value, status
    encoding = PLAIN if plan.encoding is msgspec.UNSET else plan.encoding
    return [
        Vector(derivation.names, derivation.types, *derivation.places(taken, values, says), q, encoding=encoding)
        for taken, values, says, (q, _) in zip(given, computed, statuses, moments, strict=True)
    ]


class Keys:
    """How a binding's entity is taken from requests."""

    def __init__(self, binding: Binding, view: ViewPlan) -> None:
        self._names = binding.request_fields
        types = zip(binding.request_fields, view.entity.keys, strict=True)
        self._fields = RequestFields([Column(name, column.type) for name, column in types])

    def of(self, request: Request) -> tuple[int | str, ...] | None:
        """The key columns' values; None where one is null.

        Raises:
            ReadError: a field is missing, or is not of the key column's type.
        """
        given = self._fields.of(request)
        key = tuple(value for name in self._names if isinstance(value := given[name], int | str))
        return key if len(key) == len(self._names) else None


def moments_of(plan: SetPlan, views: Sequence[ViewPlan], asks: Sequence[Ask]) -> list[tuple[int, Sequence[Own | None]]]:
    """The instant of each, ms UTC, and the request's event for each binding.

    Raises:
        ReadError: an instant is missing, or is one too many; a request is no event.
    """
    if plan.own_event is not msgspec.UNSET:
        if any(ask.q is not None for ask in asks):
            raise ReadError(
                f"{plan.full_name} is read at the time of its request's event",
                mend="leave the instant out; the event's time stands in the request",
            )
        own = OwnEvents(plan, plan.own_event, views)
        return [own.of(ask.request) for ask in asks]
    nobodys: tuple[Own | None, ...] = (None,) * len(plan.bindings)
    if any(ask.q is None for ask in asks):
        raise ReadError(f"{plan.full_name} has no own_event to take the instant from", mend="give the instant, ms UTC")
    return [(ask.q, nobodys) for ask in asks if ask.q is not None]
