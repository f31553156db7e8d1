"""Receipts explained: the events that each number was made of, and the number made of them anew, compared bit for bit.

What a tile had counted is found in the topic (see counted.py). From those events the states of tiles and of the events
of a tile that a window cuts are computed by the algebra, merged and valued, as a replay does it: nothing of the store
is asked but the plan. Only sums of doubles are taken from the receipt once the events were seen to come to them: they
depend on the order of adding, which nobody has written down.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

import msgspec

from millpond.algebra.values import Flaw, Value
from millpond.offline.arrived import Arrived, Key, ViewId, Wanted, id_of, is_counted_by
from millpond.offline.counted import UNKNOWN
from millpond.offline.held import Contribution, HeldTiles
from millpond.plan.deployment import JobRecord, Publication
from millpond.plan.errors import ReadError
from millpond.plan.model import Binding, SetPlan, SourcePlan, ViewPlan
from millpond.plan.paths import parse, shape_of
from millpond.plan.types import Type
from millpond.serve.flow import ReadFlow
from millpond.serve.own_event import Own
from millpond.serve.receipts import Json, PartRead, Receipt, Told, WindowRead, coded
from millpond.serve.status import SEVERITY, Status

Verdict = Literal["same", "differs", "missing", "unlike", "undetermined"]
# From good to bad.
#   same          computed from the events it comes to the same bits
#   differs       it comes to something else
#   missing, unlike, undetermined   which events those were is not known: see counted.py
_WORSE: Final[tuple[Verdict, ...]] = ("same", "differs", *UNKNOWN)

ByEntity = Mapping[tuple[ViewId, Key], Sequence[Arrived]]
Load = Callable[[SourcePlan, Sequence[Wanted], int | None], ByEntity]


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """A feature, or a place of the vector.

    Attributes:
        name: as the set names it.
        said, status: what the receipt says.
        value: what it comes to now, as the receipt has values; None where it is not known, too.
        verdict: how the two compare.
        why: in words, where they do not.
        window: from the one to before the other (ms); None where nothing was read for it.
        events: those of its window that count for it, by time.
        inside: how many events its window held altogether.
        later: events of its window that the topic holds now, and that were not counted: they had not come in yet.
        is_sure: no other choice of events would give the same.
        type: of the value.
        of: of a derived place, the features behind it.
    """

    name: str
    said: Json
    status: Status
    value: Json
    verdict: Verdict
    why: str = ""
    window: tuple[int, int] | None = None
    events: Sequence[Contribution] = ()
    inside: int = 0
    later: int = 0
    is_sure: bool = True
    type: Type
    of: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A receipt explained.

    Attributes:
        features: those that were read.
        places: those of the vector.
        positions: by topic and partition, the offset behind the last event that was counted.
    """

    receipt: Receipt
    features: Sequence[Explained]
    places: Sequence[Explained]
    positions: Mapping[str, Mapping[int, int]] = field(default_factory=dict)

    @property
    def is_same(self) -> bool:
        """Whether everything comes to the same bits."""
        return all(one.verdict == "same" for one in (*self.features, *self.places))


def explain(
    receipts: Sequence[Receipt], plan_of: Callable[[str], Publication], jobs: Mapping[str, JobRecord], load: Load
) -> list[Explanation]:
    """Explain receipts of one environment; each source is read once for all of them.

    Args:
        plan_of: the publication of a content.
        jobs: those recorded now, by name: what a job was not there to count is left out where its record is.
        load: gives the events of some entities, from an instant (ms) on or all there are.

    Raises:
        ReadError: a receipt does not fit the plan that it names.
        MillpondError: what plans or events are asked of does not answer.
    """
    flows: dict[str, ReadFlow] = {}
    read = []
    for receipt in receipts:
        if receipt.content not in flows:
            flows[receipt.content] = ReadFlow(plan_of(receipt.content), receipt.ns)
        read.append(_Read(receipt, flows[receipt.content]))
    arrived = _loaded(read, load)
    return [one.explained(arrived, jobs) for one in read]


def _loaded(read: Sequence["_Read"], load: Load) -> ByEntity:
    wanted: dict[SourcePlan, dict[ViewId, Wanted]] = {}
    since: dict[SourcePlan, int | None] = {}
    for one in read:
        for part, view, key in one.parts:
            source = view.source
            wanted.setdefault(source, {}).setdefault(id_of(view), Wanted(view, set())).keys.add(key)
            first = min(window.lo // part.size_ms * part.size_ms for window in part.windows)
            begin = None if first <= 0 else first  # a lifetime, which is all there are
            known = since.get(source, begin)
            since[source] = None if begin is None or known is None else min(known, begin)
    found: dict[tuple[ViewId, Key], Sequence[Arrived]] = {}
    for source, views in wanted.items():
        found |= load(source, list(views.values()), since[source])
    return found


class _Read:
    """One receipt, and the plan that it names."""

    def __init__(self, receipt: Receipt, flow: ReadFlow) -> None:
        self.receipt = receipt
        self._flow = flow
        self._plan = flow.publication.plan
        self._request = _request(self._plan, receipt.request)
        self._bindings = {binding.alias: binding for binding in self._plan.bindings}
        self._views = {
            binding.alias: flow.publication.served(binding.view, binding.version).view
            for binding in self._plan.bindings
        }
        self._check()
        self.parts = [(part, *self._entity(part)) for part in receipt.parts]

    def _check(self) -> None:
        """Raises ReadError where it names what its plan has not, or leaves out what it has."""
        receipt, plan = self.receipt, self._plan
        if (receipt.set, receipt.version) != (plan.full_name, plan.version):
            raise self._unfit(f"that is of {plan.full_name} version {plan.version}")
        told = [feature.name for feature in plan.features], [place.name for place in plan.places]
        if told != ([one.name for one in receipt.features], [one.name for one in receipt.places]):
            raise self._unfit("it tells of other features")
        asked: list[str] = []
        for part in receipt.parts:
            has, kept = {said.tile for said in part.tiles}, {said.tile for said in part.kept}
            asked += [name for window in part.windows for name in window.features]
            if not all(set(window.cut) <= has & kept for window in part.windows) or not part.windows:
                raise self._unfit(f"it does not tell of every tile of {part.alias}")
        if len(set(asked)) < len(asked) or not set(asked) <= set(told[0]):
            raise self._unfit("its windows answer other features")

    def _entity(self, part: PartRead) -> tuple[ViewPlan, Key]:
        binding = self._bindings.get(part.alias)
        if binding is None:
            raise self._unfit(f"it reads {part.alias!r}, which the set does not bind")
        return self._views[part.alias], _key(binding, self.receipt.request)

    def _unfit(self, what: str) -> ReadError:
        return ReadError(
            f"the receipt does not fit the plan that it names: {what}",
            where=f"{self.receipt.set} version {self.receipt.version} at {self.receipt.as_of}",
            mend="explain a receipt as `vector.receipt` gave it",
        )

    def explained(self, arrived: ByEntity, jobs: Mapping[str, JobRecord]) -> Explanation:
        """What it comes to."""
        found: dict[str, tuple[Explained, Value]] = {}
        positions: dict[str, dict[int, int]] = {}
        for part, view, key in self.parts:
            served = self._flow.publication.served(view.full_name, view.version)
            job = jobs.get(served.job)
            mine = [event for event in arrived[id_of(view), key] if job is None or is_counted_by(job, event)]
            tiles = HeldTiles(view, part, mine)
            for window in part.windows:
                for one, value in self._window(part, view, tiles, window):
                    found[one.name] = one, value
            positions.setdefault(view.source.topic, {}).update(tiles.positions(positions.get(view.source.topic, {})))
        features = [
            found.get(told.name) or (self._unread(told, feature.type), None)
            for told, feature in zip(self.receipt.features, self._plan.features, strict=True)
        ]
        explained = [one for one, _ in features]
        return Explanation(
            receipt=self.receipt,
            features=explained,
            places=self._places(explained, [value for _, value in features]),
            positions=positions,
        )

    @staticmethod
    def _unread(told: Told, type: Type) -> Explained:
        """A feature for which nothing was read: its entity is not known, or the store did not answer."""
        is_right = told.value is None and told.status in ("no_key", "unavailable")
        return Explained(
            **_said(told, type),
            value=None,
            verdict="same" if is_right else "differs",
            why="" if is_right else f"nothing was read for it, and it is told to be {told.status}",
        )

    def _window(
        self, part: PartRead, view: ViewPlan, tiles: HeldTiles, window: WindowRead
    ) -> Iterable[tuple[Explained, Value]]:
        told = {one.name: one for one in self.receipt.features}
        asked = [view.feature(name.removeprefix(f"{part.alias}.")) for name in window.features]
        held = tiles.held(window, self._own(part))
        for name, feature in zip(window.features, asked, strict=True):
            reach = feature.reach.bounds(self.receipt.as_of, 1 if view.is_exact else feature.level_ms)
            if reach != (window.lo, window.hi) or feature.level_ms != part.size_ms:
                raise self._unfit(f"the window of {name} is {reach}")
            said = told[name]
            common = {**_said(said, feature.type), "window": reach, "later": held.later}
            if held.why:
                yield Explained(**common, value=None, verdict=held.why, why=held.words), None
                continue
            value, flaw = held.value(feature, asked, self.receipt.as_of)
            verdict, why = _compared(said.value, value, said.status, flaw)
            yield (
                Explained(
                    **common,
                    value=coded(value),
                    verdict=verdict,
                    why=why,
                    events=held.contributions(feature),
                    inside=len(held.events),
                    is_sure=held.is_sure,
                ),
                value,
            )

    def _own(self, part: PartRead) -> Own | None:
        if self._flow.own_events is None:
            return None
        _, owns = self._flow.own_events.of(self._request)
        return owns[self._plan.bindings.index(self._bindings[part.alias])]

    def _places(self, features: Sequence[Explained], values: Sequence[Value]) -> list[Explained]:
        """The vector's places, from what the features came to."""
        receipt = self.receipt
        by_name = {one.name: one for one in features}
        if receipt.reason:
            return [self._unread(*one) for one in zip(receipt.places, self._flow.types, strict=True)]
        given = self._flow.derivation.given(self._request)
        statuses = [told.status for told in receipt.features]
        made, says = self._flow.derivation.places(given, values, statuses)
        behind = self._flow.derivation.behind
        places = []
        for told, value, status, type in zip(receipt.places, made, says, self._flow.types, strict=True):
            of = [by_name[name] for name in behind[told.name]]
            worst = _worst(of)
            names = [one.name for one in of if one.name != told.name]
            common = {**_said(told, type), "of": names}
            if worst not in ("same", "differs"):
                bad = ", ".join(one.name for one in of if one.verdict == worst)
                places.append(Explained(**common, value=None, verdict=worst, why=f"so is {bad}"))
                continue
            verdict, why = _compared(told.value, value, told.status, "")
            if status != told.status:
                verdict, why = "differs", f"its status comes to {status}"
            places.append(Explained(**common, value=coded(value), verdict=verdict, why=why))
        return places


def _worst(explained: Iterable[Explained]) -> Verdict:
    return max((one.verdict for one in explained), key=_WORSE.index, default="same")


def _said(told: Told, type: Type) -> dict[str, Any]:
    return {"name": told.name, "said": told.value, "status": told.status, "type": type}


def _compared(said: Json, value: Value, status: Status, flaw: Flaw) -> tuple[Verdict, str]:
    # JSON tells a double by the shortest text that no other one has: equal texts are equal bits.
    if msgspec.json.encode(coded(value)) != msgspec.json.encode(said):
        return "differs", f"it comes to {coded(value)!r}"
    if flaw and SEVERITY[status] < SEVERITY[flaw]:
        return "differs", f"it is {flaw}, and was told to be {status}"
    return "same", ""


# --- the request ----------------------------------------------------------------------------------------------------


def _request(plan: SetPlan, read: Mapping[str, Json]) -> dict[str, Any]:
    """A request of what was looked at of it; a field of a record is in a dict of its own."""
    types = {column.name: column.type for column in plan.request}
    request: dict[str, Any] = {}
    for path, value in read.items():
        *records, last = parse(path)
        inside = request
        for record in records:
            inside = inside.setdefault(record, {})
        inside[last] = _typed(value, types.get(path) or types[shape_of(path)])
    return request


def _typed(value: Json, type: Type) -> Value:
    return Decimal(value) if type.kind == "decimal" and value is not None else value


def _key(binding: Binding, request: Mapping[str, Json]) -> Key:
    return tuple(request[name] for name in binding.request_fields)
