"""The events that requests were lately: whoever is asked about next must have them in his windows.

How long they are remembered follows from what `stale` means. A fragment's stamp says up to what instant all that was in
the source is in its tiles. Of an event that was seen longer ago than `stale_after`, the stamp is younger and proves it,
or it is older and everything is `stale`.

       seen            seen + margin                    seen + stale_after + margins
    ----x------------------|--------------------------------------|----> the wall clock
         looked for by id    a stamp from here on proves it, too    proven or stale: forgotten
"""

from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from millpond.algebra.evaluate import Evaluator, evaluator
from millpond.plan.deployment import Publication
from millpond.plan.model import OwnEvent, SourcePlan
from millpond.plan.windows import MINUTE
from millpond.serve.flow import Expected, ReadFlow
from millpond.serve.own_event import OwnEvents, RequestEvent
from millpond.serve.sightings import Sighting

MARGIN_MS: Final = 1_000  # by how much the clocks of two machines may differ
LONG: Final = 10 * MINUTE  # what happened lately; for what came later than that, a read decides

_Entity = tuple[Hashable, ...]


class _Bound(NamedTuple):
    """A binding.

    Attributes:
        view: which is bound.
        request_fields: that give its keys.
        holds_all: a window of it holds all that happened lately.
    """

    view: str
    request_fields: tuple[str, ...]
    holds_all: bool


class Recent:
    """What a set with `own_event` must have seen.

    Args:
        publication: of the set.
        ns: its environment.
        stale_after_ms: the Reader's.
        is_source: requests are taken from the source's own topic: what is taken is in the source.

    Attributes:
        keep_ms: how long events are remembered.
        source: whose events the requests are; None where no view of the set holds them.
    """

    def __init__(self, publication: Publication, ns: str, *, stale_after_ms: int, is_source: bool) -> None:
        plan = publication.plan
        assert isinstance(plan.own_event, OwnEvent), "its requests are events"
        self._own = plan.own_event
        self._ns = ns
        self._is_source = is_source
        self.keep_ms = stale_after_ms + 2 * MARGIN_MS
        views = [publication.served(binding.view, binding.version).view for binding in plan.bindings]
        self._own_events = OwnEvents(plan, self._own, views)
        self._by: dict[str, tuple[Evaluator, ...]] = {}
        self._bindings: list[_Bound | None] = []
        self.source: SourcePlan | None = None
        for binding, view in zip(plan.bindings, views, strict=True):
            if view.source.topic != self._own.topic:
                self._bindings.append(None)
                continue
            self.source = view.source
            self._by[binding.view] = tuple(map(evaluator, view.by))
            windows = [view.feature(one.feature).window for one in plan.features if one.alias == binding.alias]
            holds_all = any(one.delay_ms == 0 and (one.size_ms or LONG) >= LONG for one in windows)
            self._bindings.append(_Bound(binding.view, binding.request_fields, holds_all))
        self._seen: deque[tuple[int, _Entity, Sighting]] = deque()  # the first to be forgotten first
        self._known: dict[_Entity, dict[str, Sighting]] = {}
        self._waiting: dict[_Entity, list[Sighting]] = {}  # those that were not found in every part of their view yet
        self._publication: Publication | None = None
        self._connections = -1
        self._parts: dict[str, set[str]] = {}

    @property
    def waits_for_own(self) -> bool:
        """Whether a vector is to hold its request's event."""
        return self._own.counts == "include"

    def event(self, request: Mapping[str, Any]) -> RequestEvent:
        """A request as an event.

        Raises:
            ReadError: it lacks a field, has one of another type, or does not say its time or its id.
        """
        return self._own_events.event(request)

    def saw(self, event: RequestEvent, now: int) -> None:
        """An event that jobs accept was taken, now (ms)."""
        self._forget(now)
        for view, by in self._by.items():
            keys = tuple(key(event.fields) for key in by)
            if None in keys:
                continue
            entity = (view, *keys)
            known = self._known.setdefault(entity, {})
            if event.place in known:
                continue
            one = known[event.place] = Sighting(event.ts, event.place, now + MARGIN_MS if self._is_source else None)
            self._seen.append((now, entity, one))
            self._waiting.setdefault(entity, []).append(one)

    def expected(self, event: RequestEvent, publication: Publication, connections: int) -> Expected | None:
        """For each binding the events that its windows must hold, as far as the store is not known to have them.

        Args:
            publication: which is served now.
            connections: how many the Reader has opened so far: what was found before may have been in another store.
        """
        if publication is not self._publication or connections != self._connections:
            self._look_again(publication, connections)
        found = [self._of(bound, event) for bound in self._bindings]
        return found if any(found) else None

    def is_in_vain(self, event: RequestEvent, expected: Expected) -> bool:
        """Whether the vector of a request is `behind` for certain as long as these are not found."""
        since = event.ts - LONG
        return any(
            bound is not None
            and bound.holds_all
            and any(one.ts > since and not self._is_told(one, bound.view) for one in some)
            for some, bound in zip(expected, self._bindings, strict=True)
        )

    def _of(self, bound: _Bound | None, event: RequestEvent) -> Sequence[Sighting]:
        if bound is None:
            return ()
        entity = (bound.view, *(event.fields[name] for name in bound.request_fields))
        waiting = self._waiting.get(entity)
        if waiting is None:
            return ()
        parts = self._parts[bound.view]
        if any(one.held >= parts for one in waiting):
            waiting = [one for one in waiting if not one.held >= parts]
            if not waiting:
                del self._waiting[entity]
                return ()
            self._waiting[entity] = waiting
        is_out = event.place if self._own.counts == "exclude" else None
        return [one for one in waiting if one.ts <= event.ts and one.place != is_out]

    def _is_told(self, one: Sighting, view: str) -> bool:
        """Whether looking for it tells nothing more."""
        return one.held | one.pushed_out >= self._parts[view]

    def _look_again(self, publication: Publication, connections: int) -> None:
        """Nothing is known of where events are."""
        if publication is not self._publication:
            self._parts = {name: set() for name in self._by}
            for part in ReadFlow(publication, self._ns).parts:
                bound = self._bindings[part.binding]
                if bound is not None:
                    self._parts[bound.view].add(part.name)
        self._publication, self._connections = publication, connections
        self._waiting = {}
        for _, entity, one in self._seen:
            one.held.clear()
            one.pushed_out.clear()
            self._waiting.setdefault(entity, []).append(one)

    def _forget(self, now: int) -> None:
        while self._seen and self._seen[0][0] < now - self.keep_ms:
            _, entity, one = self._seen.popleft()
            known = self._known[entity]
            del known[one.place]
            if not known:
                del self._known[entity]
            waiting = [other for other in self._waiting.get(entity, ()) if other is not one]
            if waiting:
                self._waiting[entity] = waiting
            else:
                self._waiting.pop(entity, None)
