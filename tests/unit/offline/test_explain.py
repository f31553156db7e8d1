"""Receipts explained from the events alone: every aggregation over every type, while events go on arriving."""

import random
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import msgspec
import pytest

from millpond.offline.arrived import Place, Record, by_entity, first_copies
from millpond.offline.explain import Explanation, Load, explain
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import SetPlan, ViewPlan
from millpond.plan.windows import DAY, HOUR
from millpond.serve.flow import ReadFlow
from millpond.serve.receipts import Receipt, receipts_in, with_receipt
from millpond.serve.vector import Vector
from tests.integration.cases import PARTITIONS, cells, history, pool
from tests.integration.deployed import all_of
from tests.unit.serve import as_stored

END: Final = 20_000 * DAY + 12 * HOUR
INSTANTS: Final = (END - HOUR, END - 100, END, END + HOUR)
VIEWS: Final = sorted({cell.view for cell in cells()})
View = Callable[[str], ViewPlan]
Events = Sequence[dict[str, Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> View:
    compiled = pool(tmp_path_factory.mktemp("cases"))
    return lambda name: compiled.view(f"cases.{name}")


def happened(seed: int) -> list[dict[str, Any]]:
    """What happened to eight entities, in the order of arrival."""
    draw = random.Random(seed)
    events = history(draw, 8, END)
    return draw.sample(events, len(events))


def publication(plan: SetPlan, view: ViewPlan) -> Publication:
    return Publication(plan=plan, views=(Served(view=view, generation=1, job="", covered_since=0),))


def read(plan: SetPlan, view: ViewPlan, known: Events, request: Mapping[str, Any], q: int | None) -> Vector:
    """A vector with its receipt, of the events known by then."""
    flow = ReadFlow(publication(plan, view), "dev")
    own = None
    if flow.own_events is not None:
        q, own = flow.own_events.of(request)
    assert q is not None
    mine = [event for event in known if event["case_id"] == request["case_id"]]
    vector = with_receipt(
        flow,
        request,
        as_stored.replies(flow, view, mine, q, q),
        ns="dev",
        as_of=q,
        asked=q,
        now=q,
        fresh={part.stamp: q for part in flow.parts},
        stale_after=30_000,
        given=flow.derivation.given(request),
        own=own,
    )
    assert vector.receipt is not None
    (told,) = receipts_in(vector.receipt.encode(), where="here")
    assert told == vector.receipt
    return vector


def topic(view: ViewPlan, events: Events) -> Load:
    """The events in this order, one in five of them twice, over some partitions."""
    draw = random.Random(len(events))
    copied = [event for event in events for _ in range(draw.choice((1, 1, 1, 1, 2)))]
    # They came in as they stand here, whatever their time.
    held = [Record(Place(number, draw.randrange(PARTITIONS), number), event) for number, event in enumerate(copied)]
    source = msgspec.structs.replace(view.source, lateness_ms=10**15, skew_ms=10**15)
    return lambda _source, wanted, _since: by_entity(first_copies(source, held), wanted)


def explained(plan: SetPlan, view: ViewPlan, receipts: Sequence[Receipt], load: Load) -> list[Explanation]:
    return explain(receipts, lambda _: publication(plan, view), {}, load)


def receipt(vector: Vector) -> Receipt:
    assert vector.receipt is not None
    return vector.receipt


@pytest.mark.parametrize("name", [*VIEWS, "capped"])
def test_every_value_comes_to_the_same_bits_while_events_go_on_arriving(made: View, name: str) -> None:
    view, events = made(name), happened(VIEWS.index(name) if name in VIEWS else 3)
    draw, plan = random.Random(1), all_of(view)
    vectors = [
        read(plan, view, events[: draw.randrange(len(events) // 2, len(events) + 1)], {"case_id": f"case {case}"}, q)
        for q in INSTANTS
        for case in range(9)
    ]
    for vector, found in zip(
        vectors, explained(plan, view, list(map(receipt, vectors)), topic(view, events)), strict=True
    ):
        bad = [one for one in (*found.features, *found.places) if one.verdict != "same"]
        assert not bad, bad[0]
        assert [one.said for one in found.places] == [one.value for one in found.places]
        assert found.is_same
        assert len(found.places) == len(vector.names)
