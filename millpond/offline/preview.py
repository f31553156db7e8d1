"""What definitions give on given data, before anything is deployed: one entity closely, and many at a glance."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from millpond.offline import words
from millpond.offline.data import Data, Files, load
from millpond.offline.draws import Drawn, Draws, request_of
from millpond.offline.events import Events, Loaded
from millpond.offline.subject import Subject, subject
from millpond.offline.timeline import Window, windows_of
from millpond.offline.vectors import Ask, vectors
from millpond.plan.english.values import instant
from millpond.plan.errors import MillpondError
from millpond.plan.model import Column, SetFeature
from millpond.plan.types import Type
from millpond.serve.request import Request
from millpond.serve.vector import Vector, arrow_type, to_arrow

if TYPE_CHECKING:
    import pyarrow as pa

SAMPLE: Final = 500  # vectors over entities and instants
COURSE: Final = 80  # vectors of the one that is looked at closely


class Place(NamedTuple):
    """What stands at a place of the vector.

    Attributes:
        alias: of the binding whose feature it is; empty for a derived place.
        window: as its author wrote it; empty for a derived place.
        tail_error_ms: the tail of the window is off by at most this; None for a derived place.
    """

    name: str
    type: Type
    description: str
    alias: str
    window: str
    tail_error_ms: int | None


@dataclass(frozen=True, kw_only=True, eq=False)
class Preview:
    """Vectors of a view or a set over given data.

    Attributes:
        loaded: what was read, and what of it was refused.
        focus: the vector that is looked at closely.
        request: what it was asked.
        columns: the request's fields.
        why: how the request was chosen.
        windows: where its windows lie, and which events are in them.
        course: vectors of the same entity, in the order of time.
        sample: vectors over entities and instants, in the order of time.
        requests: what those were asked.
        drawn_of: how many events the sample was drawn from; 0 where it was not drawn from events.
    """

    name: str
    version: int
    description: str
    is_view: bool
    places: tuple[Place, ...]
    loaded: tuple[Loaded, ...]
    focus: Vector
    request: Request
    columns: tuple[Column, ...]
    why: str
    windows: tuple[Window, ...]
    course: tuple[Vector, ...]
    sample: tuple[Vector, ...]
    requests: tuple[Request, ...]
    drawn_of: int

    @property
    def asked(self) -> list[tuple[str, str]]:
        """What the focus was asked, as text: by field."""
        return [(one.name, words.value(words.field(self.request, one.name), one.type)) for one in self.columns]

    @property
    def values(self) -> "pa.Table":
        """The sample as an Arrow table: a row a vector, with its request, `as_of`, and each place with its status."""
        import pyarrow as pa

        table = to_arrow(self.sample, statuses=True)
        for at, column in enumerate(self.columns):
            given = [words.field(request, column.name) for request in self.requests]
            table = table.add_column(at, f"request.{column.name}", pa.array(given, arrow_type(column.type)))
        return table

    def _repr_html_(self) -> str:
        from millpond.offline.html import fragment

        return fragment(self)


def preview(
    name: str,
    data: str | Path,
    *,
    root: str | Path = ".",
    entity: Mapping[str, object] | None = None,
    at: int | None = None,
) -> Preview:
    """Preview a view or a set of the pool as its files stand, on data in Parquet.

        preview("payments.transfer_fraud", "payments")

    Args:
        name: `<domain>.<name>`.
        data: a folder with `<topic>.parquet` for each source, as `millpond simulate` writes it, or one source's file.
            Columns are the source's fields; `arrival`, where there is one, says when each event came in.
        root: the project's folder.
        entity: fields of the request that say whom to look at closely; by default whoever has most events.
        at: the instant, ms UTC; by default that of the last event.

    Raises:
        InvalidPool: a definition is wrong.
        MillpondError: data is missing or of the wrong type, or nothing in it counts.
    """
    return preview_of(subject(Path(root), name), Files(Path(data)), entity=entity or {}, at=at)


def preview_of(subject: Subject, data: Data, *, entity: Mapping[str, object], at: int | None) -> Preview:
    """See `preview`."""
    with load(subject, data) as events:
        return _Previewing(subject, events, entity, at).preview()


class _Previewing:
    def __init__(self, subject: Subject, events: Events, entity: Mapping[str, object], at: int | None) -> None:
        self.subject = subject
        self.events = events
        self.entity = entity
        first, last = _range(events)
        self.first, self.at = first, last if at is None else at
        if self.at < first:
            raise MillpondError(
                f"no event counts up to {instant(self.at)} UTC", mend=f"the first one is of {instant(first)} UTC"
            )
        source = subject.drawn_from
        self.draws = None if source is None else Draws(subject, source, events, self.at)

    def preview(self) -> Preview:
        request, q, why = self._focus()
        course = self._course(request, q)
        sample, of = self._sample(course)
        asks = [self._ask(one) for one in ((request, q), *course, *sample)]
        found = vectors(self.events, self.subject.plan, self.subject.views, asks)
        plan = self.subject.plan
        return Preview(
            name=plan.full_name,
            version=plan.version,
            description=plan.description,
            is_view=self.subject.is_view,
            places=_places(self.subject),
            loaded=tuple(self.events.loaded.values()),
            focus=found[0],
            request=request,
            columns=plan.request,
            why=why,
            windows=windows_of(self.subject, self.events, asks[0]),
            course=tuple(found[1 : len(course) + 1]),
            sample=tuple(found[len(course) + 1 :]),
            requests=tuple(request for request, _ in sample),
            drawn_of=of,
        )

    def _focus(self) -> tuple[Request, int, str]:
        """The request that is looked at closely, its instant, and why it is this one."""
        if self.draws is None:
            return self._given(), self.at, "as given"
        named = self.draws.busiest(self.entity)
        if named is None:
            if self.subject.asked_by is not None:
                raise MillpondError("no event is as asked for", mend="name another entity, or a later instant")
            return self._given(), self.at, "as given; no event is of it"
        why = "as given" if self.entity.keys() >= named.keys() else "who has most events"
        if self.subject.asked_by is None:
            return request_of(named), self.at, why
        last = self.draws.last({**self.entity, **named})
        assert last is not None, "it has most events"
        return *last, f"{why}, at the last of them"

    def _given(self) -> Request:
        wanted = [column.name for column in self.subject.plan.request]
        missing = [name for name in wanted if name not in self.entity]
        if missing:
            raise MillpondError(
                f"the data does not tell {', '.join(missing)} of a request for {self.subject.plan.full_name}",
                mend="give the fields: " + " ".join(f"--entity {name}=…" for name in missing),
            )
        return request_of({name: self.entity[name] for name in wanted})

    def _course(self, request: Request, q: int) -> list[Drawn]:
        """Requests of the same entity up to the instant looked at: its events, or the same at even steps."""
        only = {name: request.get(name) for name in self.subject.entity}
        if self.draws is not None and self.subject.asked_by is not None:
            return self.draws.spread(COURSE, only)
        first = self.first
        if self.draws is not None:
            first = self.draws.range(only)[1] or first
        steps = min(COURSE, q - first + 1)
        return [(request, q - (q - first) * left // steps) for left in range(steps - 1, -1, -1)]

    def _sample(self, course: list[Drawn]) -> tuple[list[Drawn], int]:
        """Requests over entities and instants; without events to draw them from, those of the one entity."""
        if self.draws is None:
            return course, 0
        return self.draws.spread(SAMPLE, {}), self.draws.range({})[0]

    def _ask(self, drawn: Drawn) -> Ask:
        request, ts = drawn
        return Ask(request, ts if self.subject.plan.own_event is msgspec.UNSET else None)


def _range(events: Events) -> tuple[int, int]:
    """When the first and the last event were."""
    firsts = [one.first for one in events.loaded.values() if one.first is not None]
    lasts = [one.last for one in events.loaded.values() if one.last is not None]
    if not firsts:
        told = [f"{count} {reason}" for one in events.loaded.values() for reason, count in one.refused.items()]
        refused = f": refused are {', '.join(told)}" if told else ""
        raise MillpondError(f"no event counts{refused}", mend="give data that has some")
    return min(firsts), max(lasts)


def _places(subject: Subject) -> tuple[Place, ...]:
    views = {binding.alias: view for binding, view in zip(subject.plan.bindings, subject.views, strict=True)}
    found = []
    for place in subject.plan.places:
        if isinstance(place, SetFeature):
            feature = views[place.alias].feature(place.feature)
            name = feature.name if subject.is_view else place.name
            window, tail = feature.window.label, feature.tail_error_ms
            found.append(Place(name, place.type, feature.description, place.alias, window, tail))
        else:
            found.append(Place(place.name, place.type, place.description, "", "", None))
    return tuple(found)
