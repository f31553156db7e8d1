"""The features of one view at many entities and instants: DuckDB gathers exact states, the algebra makes the values."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import pyarrow as pa

from millpond.algebra.partials import State, zero
from millpond.algebra.values import Flaw, Value, value
from millpond.offline.events import Events, stored_type
from millpond.offline.states import state_of
from millpond.plan.aggregations import AGGREGATIONS
from millpond.plan.model import FeaturePlan, ViewPlan
from millpond.plan.partials import Partial
from millpond.plan.types import STRING, Type
from millpond.plan.windows import WindowSpan
from millpond.serve.own_event import Own
from millpond.serve.status import Status, worse
from millpond.sql.duckdb_partials import tallied
from millpond.sql.duckdb_windows import arrived, bounded, column, mine, picked, stated

ASKED: Final = "asked"
Answer = tuple[Value, Status]


class Asked(NamedTuple):
    """An entity and an instant.

    Attributes:
        number: of the ask; ascending.
        key: the entity's.
        q: the instant, ms UTC.
        own: the event asked about, where the entity's windows may hold it; then q is its time.
    """

    number: int
    key: tuple[int | str, ...]
    q: int
    own: Own | None


def answers(
    events: Events, view: ViewPlan, features: Sequence[FeaturePlan], asked: Sequence[Asked]
) -> list[list[Answer]]:
    """By feature, in order, the value and the status of each of the asked."""
    if not asked or not features:
        return [[] for _ in features]
    answering = _Answering(events, view, asked)
    answering.gather(features)
    found: dict[str, list[Answer]] = {}
    for some in _by_window(features):
        found |= answering.of_window(some)
    return [found[feature.name] for feature in features]


def _by_window(features: Iterable[FeaturePlan]) -> list[list[FeaturePlan]]:
    """The features that look at the same events, together."""
    groups: dict[tuple[WindowSpan, int], list[FeaturePlan]] = {}
    for feature in features:
        groups.setdefault((feature.reach, feature.level_ms), []).append(feature)
    return list(groups.values())


class _Answering:
    """One view and who is asked about, on the way through its windows."""

    def __init__(self, events: Events, view: ViewPlan, asked: Sequence[Asked]) -> None:
        self.db = events.db
        self.table = events.table(view.source)
        self.view = view
        self.asked = asked
        self.partials = {partial.name: partial for partial in view.partials}
        self.behind: frozenset[int] = frozenset()

    def gather(self, features: Sequence[FeaturePlan]) -> None:
        """Put the events of all that is asked about together, with what the features take from them."""
        self._ask(features[0])
        self.db.execute(mine(self.view, self.table, ASKED, self._partials(features)))
        waiting = {one.number for one in self.asked if one.own is not None and not one.own.is_excluded}
        if waiting:
            there = {number for (number,) in self.db.execute(arrived(self.view, ASKED)).fetchall()}
            self.behind = frozenset(waiting - there)

    def of_window(self, features: Sequence[FeaturePlan]) -> dict[str, list[Answer]]:
        """The answers of features that look at the same events."""
        self._ask(features[0])
        self.db.execute(bounded(self.view, ASKED, features[0].level_ms))
        partials = [one for one in self._partials(features) if one.function != "tally"]
        # What a state is where nothing was gathered for it.
        nothing = {name: zero(self.partials[name]) for feature in features for name in feature.partials}
        rows = self.db.execute(stated(self.view, partials)).fetchall()
        says = [
            self._status(one, is_capped=capped, is_late=features[0].reach.delay_ms > 0)
            for one, (_, capped, *_) in zip(self.asked, rows, strict=True)
        ]
        plain = [worse("empty", status) if n == 0 else status for status, (_, _, n, *_) in zip(says, rows, strict=True)]
        states = [
            nothing | {partial.name: state_of(partial, found) for partial, found in zip(partials, some, strict=True)}
            for _, _, _, *some in rows
        ]
        found: dict[str, list[Answer]] = {}
        for feature in features:
            results = self._tallied(feature) if self._is_tallied(feature) else self._made(feature, states)
            found[feature.name] = [
                (result, worse(flaw, status) if flaw else unflawed)
                for (result, flaw), status, unflawed in zip(results, says, plain, strict=True)
            ]
        return found

    def _is_tallied(self, feature: FeaturePlan) -> bool:
        return self.partials[feature.partials[0]].function == "tally"

    def _made(self, feature: FeaturePlan, states: Sequence[Mapping[str, State]]) -> list[tuple[Value, Flaw]]:
        mine = [self.partials[name] for name in feature.partials]
        return [
            value(feature, mine, [held[name] for name in feature.partials], one.q)
            for one, held in zip(self.asked, states, strict=True)
        ]

    def _partials(self, features: Iterable[FeaturePlan]) -> list[Partial]:
        """Those that are gathered; a power's limbs are told by the lowest one."""
        named = dict.fromkeys(name for one in features for name in one.partials)
        return [self.partials[name] for name in named if not self.partials[name].limb]

    def _status(self, one: Asked, *, is_capped: bool, is_late: bool) -> Status:
        status: Status = "capped" if is_capped else "present"
        return worse("behind", status) if one.number in self.behind and not is_late else status

    def _tallied(self, feature: FeaturePlan) -> list[tuple[Value, Flaw]]:
        (partial,) = (self.partials[name] for name in feature.partials)
        query = tallied(feature, partial, picked(self.view), column(partial))
        found = {number: (answer, capped) for number, answer, capped in self.db.execute(query).fetchall()}
        nothing = (AGGREGATIONS[feature.aggregation].empty, False)
        results: list[tuple[Value, Flaw]] = []
        for one in self.asked:
            answer, capped = found.get(one.number, nothing)
            results.append((_told(answer, feature.type), "capped" if capped else ""))
        return results

    def _id_type(self) -> Type:
        types = {column.name: column.type for column in self.view.source.columns}
        return STRING if self.view.source.event_id is None else types[self.view.source.event_id]

    def _ask(self, feature: FeaturePlan) -> None:
        """Make `asked`, as sql/duckdb_windows.py has it, with the bounds of a feature's window."""
        size = feature.level_ms
        step = 1 if self.view.is_exact else size
        bounds = [feature.reach.bounds(one.q, step) for one in self.asked]
        columns = {
            "ask": [one.number for one in self.asked],
            "q": [one.q for one in self.asked],
            "lo": [lo for lo, _ in bounds],
            "hi": [hi for _, hi in bounds],
            "tail": [lo // size * size for lo, _ in bounds],
            "head": [(hi - 1) // size * size for _, hi in bounds],
        }
        made = {name: pa.array(values, pa.int64()) for name, values in columns.items()}
        for place, key in enumerate(self.view.entity.keys):
            made[f"k{place}"] = pa.array([one.key[place] for one in self.asked], stored_type(key.type))
        made["own"] = pa.array([one.own is not None and one.own.is_excluded for one in self.asked])
        ids = [None if one.own is None else one.own.id for one in self.asked]
        made["own_id"] = pa.array(ids, stored_type(self._id_type()))
        self.db.register(ASKED, pa.table(made))


def _told(answer: Any, type: Type) -> Value:
    """What DuckDB says of several values, as the algebra has it."""
    if answer is None or type.many is None:
        result: Value = answer
        return result
    return tuple(answer) if type.many == "list" else {one["x"]: one["n"] for one in answer}
