"""What jobs cost at a load: rows of tiles an event, bytes of the store and bytes of Flink's state."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Final, Protocol

from millpond.plan.aggregations import FragmentKind
from millpond.plan.deployment import Fragment
from millpond.plan.model import SourcePlan, ViewPlan
from millpond.review import state_bytes
from millpond.review.held import HeldEvents, HeldView
from millpond.review.store_bytes import store_bytes
from millpond.store.parts import parts_of

Jobs = Mapping[str, Mapping[Fragment, ViewPlan]]
"""The living fragments of each job by its name."""


class Holding(Protocol):
    """Says what is held of a view, and of a source's events: by a model, or by counting data.

    With `history` just after all of a history was read at once, where the source has one; else as it is for ever.
    """

    def held_view(self, view: ViewPlan, *, history: bool) -> HeldView:
        """Of a view."""

    def held_events(self, source: SourcePlan, *, history: bool) -> HeldEvents:
        """Of a source, in each of its jobs."""


@dataclass(frozen=True, kw_only=True)
class Bytes:
    """What is held.

    Attributes:
        store: of Valkey's memory.
        state: of Flink's state, as a checkpoint has it.
        savepoint: of the same state in a savepoint, which is not compressed.
    """

    store: float
    state: float
    savepoint: float

    def __add__(self, other: "Bytes") -> "Bytes":
        return Bytes(
            store=self.store + other.store,
            state=self.state + other.state,
            savepoint=self.savepoint + other.savepoint,
        )


@dataclass(frozen=True, kw_only=True)
class Cost:
    """Of a view, or of what a job remembers of its events.

    Attributes:
        rows: of tiles an event of the source gives.
        coalesced: the same once those of a mini-batch and tile are put together.
        live: of a pipeline that has long read what comes.
        history: of one that has just read a history at once; as `live` where there is none.
    """

    rows: int
    coalesced: float
    live: Bytes
    history: Bytes

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            rows=self.rows + other.rows,
            coalesced=self.coalesced + other.coalesced,
            live=self.live + other.live,
            history=self.history + other.history,
        )


NO_BYTES: Final = Bytes(store=0.0, state=0.0, savepoint=0.0)
NOTHING: Final = Cost(rows=0, coalesced=0.0, live=NO_BYTES, history=NO_BYTES)


class Costs:
    """Costs at one load; what was found of a view is found once.

    Args:
        ns: the environment, whose name begins every key.
    """

    def __init__(self, holding: Holding, ns: str) -> None:
        self._holding = holding
        self._ns = ns
        self._held: dict[tuple[ViewPlan, bool], HeldView] = {}

    def of(self, jobs: Jobs) -> dict[str, Cost]:
        """By view, `<domain>.<view>.v<N>`, and by `events of <job>`, which are remembered to drop copies.

        Raises:
            DefinitionError: the load or the data lack something that is needed.
        """
        found: dict[str, Cost] = {}
        for label, cost in self._all(jobs):
            found[label] = found.get(label, NOTHING) + cost
        return found

    def _all(self, jobs: Jobs) -> Iterator[tuple[str, Cost]]:
        for name, fragments in jobs.items():
            for fragment, view in fragments.items():
                yield fragment.view_version, self._fragment(view, fragment.kind)
            for source in {view.source for view in fragments.values()}:
                yield events_of(name), self._events(source)

    def _fragment(self, view: ViewPlan, kind: FragmentKind) -> Cost:
        rows = len(view.sizes(kind))
        every = sum(len(view.sizes(one)) for one in view.kinds)
        return Cost(
            rows=rows,
            coalesced=self._view(view, history=False).coalesced * rows / every,
            live=self._bytes(view, kind, history=False),
            history=self._bytes(view, kind, history=True),
        )

    def _bytes(self, view: ViewPlan, kind: FragmentKind, *, history: bool) -> Bytes:
        held = self._view(view, history=history)
        parts = parts_of(view, kind)
        return Bytes(
            store=sum(store_bytes(self._ns, view, part, held.parts[part.name].hashes) for part in parts),
            state=state_bytes.checkpoint_of_tiles(view, kind, held),
            savepoint=state_bytes.savepoint_of_tiles(view, kind, held),
        )

    def _view(self, view: ViewPlan, *, history: bool) -> HeldView:
        if (view, history) not in self._held:
            self._held[view, history] = self._holding.held_view(view, history=history)
        return self._held[view, history]

    def _events(self, source: SourcePlan) -> Cost:
        live, history = (self._remembered(source, history=history) for history in (False, True))
        return Cost(rows=0, coalesced=0.0, live=live, history=history)

    def _remembered(self, source: SourcePlan, *, history: bool) -> Bytes:
        held = self._holding.held_events(source, history=history)
        return Bytes(
            store=0.0,
            state=state_bytes.checkpoint_of_events(held),
            savepoint=state_bytes.savepoint_of_events(held),
        )


def events_of(job: str) -> str:
    """What a job's memory of events is called."""
    return f"events of {job}"


def total(costs: Mapping[str, Cost]) -> Cost:
    """Of all together."""
    return reduce(Cost.__add__, costs.values(), NOTHING)
