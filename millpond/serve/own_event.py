"""A request that is an event itself: whose windows may hold it, and whether they should."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, TypeAlias

from millpond.algebra.evaluate import Evaluator, Value, evaluator
from millpond.algebra.marks import mark
from millpond.plan.errors import ReadError
from millpond.plan.model import OwnEvent, SetPlan, ViewPlan
from millpond.serve.request import Request, RequestFields

_Keys: TypeAlias = tuple[tuple[Evaluator, ...], tuple[str, ...]]
"""How a view takes its keys from an event, and a binding from the request."""


class RequestEvent(NamedTuple):
    """A request taken as an event.

    Attributes:
        ts: its time, ms.
        place: what its mark begins with: its time, and its id where events have one.
        fields: the request's values, by path.
    """

    ts: int
    place: str
    fields: Mapping[str, Value | None]


class Own(NamedTuple):
    """The request's event, as a bound view may hold it.

    Attributes:
        ts: its time, ms.
        id: None where events have none.
        place: what its mark begins with: its time, and its id where events have one.
        is_excluded: it is left out; else it must be there.
    """

    ts: int
    id: Value | None
    place: str
    is_excluded: bool


class OwnEvents:
    """How a set's requests are taken as events; immutable.

    Args:
        views: of the set's bindings, in order.
    """

    def __init__(self, plan: SetPlan, own: OwnEvent, views: Sequence[ViewPlan]) -> None:
        self._own = own
        self._fields = RequestFields(plan.request)
        self._types = {column.name: column.type for column in plan.request}
        self._names = [name for name in (own.event_time, own.event_id) if name is not None]
        self._bindings: list[_Keys | None] = [
            (tuple(map(evaluator, view.by)), binding.request_fields) if view.source.topic == own.topic else None
            for binding, view in zip(plan.bindings, views, strict=True)
        ]

    def event(self, request: Request) -> RequestEvent:
        """The request as an event.

        Raises:
            ReadError: it lacks a field, says no time or no id, or one is of another type.
        """
        fields = self._fields.of(request)
        for name in self._names:
            if fields[name] is None:
                raise ReadError(f"the request's {name!r} is None", mend="it is an event: give its time and its id")
        ts = fields[self._own.event_time]
        assert isinstance(ts, int), "an event time is a timestamp"
        place = mark([(fields[name], self._types[name]) for name in self._names], [])
        assert place is not None, "neither is null"
        return RequestEvent(ts, place, fields)

    def of(self, request: Request) -> tuple[int, tuple[Own | None, ...]]:
        """The event's time (ms), and the event for each binding; None where its entity's windows cannot hold it.

        Raises:
            ReadError: as of `event`.
        """
        event = self.event(request)
        event_id = None if self._own.event_id is None else event.fields[self._own.event_id]
        own = Own(event.ts, event_id, event.place, self._own.counts == "exclude")
        return event.ts, tuple(own if self._is_its(binding, event.fields) else None for binding in self._bindings)

    def _is_its(self, binding: _Keys | None, fields: Mapping[str, Value | None]) -> bool:
        """Whether the event is one of the entity that a binding asks about."""
        if binding is None:
            return False
        by, names = binding
        return [key(fields) for key in by] == [fields[name] for name in names]
