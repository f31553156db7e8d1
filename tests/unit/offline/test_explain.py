"""Receipts explained from the events alone: every aggregation over every type, while events go on arriving."""

import random
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from io import StringIO
from typing import Any, Final

import msgspec
import pytest
from rich.console import Console

from millpond.define.compiler import compile_pool
from millpond.offline.arrived import Place, Record, by_entity, first_copies
from millpond.offline.explain import Explanation, Load, explain
from millpond.offline.explained import document, rendered
from millpond.plan.deployment import Publication, Served
from millpond.plan.errors import ReadError
from millpond.plan.model import Pool, SetPlan, ViewPlan
from millpond.plan.windows import DAY, HOUR
from millpond.serve.flow import ReadFlow
from millpond.serve.receipts import Receipt, receipts_in, with_receipt, without_an_answer
from millpond.serve.vector import Vector
from tests.integration.cases import COLUMNS, PARTITIONS, cells, pool, shuffled
from tests.integration.deployed import all_of
from tests.unit.define.sample import project
from tests.unit.serve import as_stored
from tests.unit.serve.test_own_event import FEATURES, FILE, NOON, SETS, event

END: Final = 20_000 * DAY + 12 * HOUR
INSTANTS: Final = (END - 100, END, END + HOUR)
VIEWS: Final = sorted({cell.view for cell in cells()})
View = Callable[[str], ViewPlan]
Events = Sequence[dict[str, Any]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> View:
    compiled = pool(tmp_path_factory.mktemp("cases"))
    return lambda name: compiled.view(f"cases.{name}")


def happened(seed: int) -> list[dict[str, Any]]:
    """What happened to six entities, in the order of arrival."""
    return shuffled(seed, 6, END)


def publication(plan: SetPlan, view: ViewPlan) -> Publication:
    return Publication(plan=plan, views=(Served(view=view, generation=1, job="", covered_since=0),))


def read(plan: SetPlan, view: ViewPlan, known: Events, request: Mapping[str, Any], q: int | None) -> Vector:
    """A vector with its receipt, of the events known by then."""
    flow = ReadFlow(publication(plan, view), "dev")
    own = None
    if flow.own_events is not None:
        q, own = flow.own_events.of(request)
    assert q is not None
    ((key,),) = {binding.request_fields for binding in plan.bindings}
    mine = [event for event in known if event[key] == request[key]]
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
        for case in range(7)
    ]
    all_found = explained(plan, view, list(map(receipt, vectors)), topic(view, events))
    for vector, found in zip(vectors, all_found, strict=True):
        bad = [one for one in (*found.features, *found.places) if one.verdict != "same"]
        assert not bad, bad[0]
        assert [one.said for one in found.places] == [one.value for one in found.places]
        assert found.is_same
        assert len(found.places) == len(vector.names)


# a tile    |----(x-x-x-x-x)----|        an hour later    q
#                    lo                                       its tally keeps two words of those that it met
def test_a_tally_that_is_capped_at_a_tail_forgets_what_the_vector_forgot(made: View) -> None:
    view = made("capped")
    *others, kept = view.partials
    view = msgspec.structs.replace(view, partials=(*others, msgspec.structs.replace(kept, most=50)))
    plan, draw, q = all_of(view), random.Random(9), END + 30_000
    words = tuple(one for one in plan.features if one.feature in ("words_1h", "seen_1h"))  # counts share the tally
    plan = msgspec.structs.replace(plan, features=words)
    lo, says = q - HOUR + 1, set[str]()
    for _ in range(30):
        times = [lo + draw.randrange(-9, 9) for _ in range(8)] + [q]
        events = [
            dict.fromkeys(COLUMNS)
            | {"id": f"e{at}", "at": ts, "case_id": "case", "flag": True, "word": draw.choice("abcd")}
            for at, ts in enumerate(times)
        ]
        vector = read(plan, view, events, {"case_id": "case"}, q)
        (found,) = explained(plan, view, [receipt(vector)], topic(view, events))
        assert found.is_same, [one for one in found.features if one.verdict != "same"]
        says.update(vector.statuses)
    assert "capped" in says


# --- the request's own event ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def sets(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    exact = 'precision="exact", cap=3'  # so that some tiles kept too few
    views = {"exactly": ("sales", exact), "tiled": ("sales", ""), "nameless": ("replayed_sales", exact)}
    files = {
        f"features/shop/{name}.py": FILE.format(name=name, source=source, features=FEATURES, precision=precision)
        for name, (source, precision) in views.items()
    }
    return compile_pool(project(tmp_path_factory.mktemp("pool") / "project", {**files, "features/shop/sets.py": SETS}))


@pytest.mark.parametrize("name", ["left_out", "delayed", "waited_for", "waited_for_in_tiles", "before"])
def test_the_own_event_is_left_out_or_counted_as_the_vector_has_it(sets: Pool, name: str) -> None:
    (plan,) = (one for one in sets.sets if one.name == name)
    view = sets.view(plan.bindings[0].view)
    draw, says = random.Random(5), set[str]()
    for _ in range(40):
        times = [draw.choice((NOON, NOON - 1, NOON - HOUR, NOON - draw.randrange(2 * HOUR))) for _ in range(9)]
        events = [event(number, ts, draw.randrange(999), draw.randrange(3)) for number, ts in enumerate(times)]
        own = event(99, NOON, 500, 2)
        events.insert(draw.randrange(10), own)
        vector = read(plan, view, events[: draw.randrange(11)], dict(own), None)  # type: ignore[arg-type]
        (found,) = explained(plan, view, [receipt(vector)], topic(view, events))  # type: ignore[arg-type]
        assert found.is_same, [one for one in found.features if one.verdict != "same"]
        counted = {one.event.id for feature in found.features for one in feature.events}
        is_usable = set(vector.statuses) <= {"present", "empty"}
        if name in ("left_out", "delayed", "before") and is_usable:
            assert "s99" not in counted
        if name == "waited_for" and is_usable:
            assert "s99" in counted
        says.update(vector.statuses)
    assert says >= {"present"}


# --- what does not come to the same ---------------------------------------------------------------------------------


def one_read(made: View, name: str = "of_money") -> tuple[SetPlan, ViewPlan, Events, Receipt]:
    view, events = made(name), happened(2)
    plan = all_of(view)
    busy = max((event["case_id"] for event in events), key=[event["case_id"] for event in events].count)
    return plan, view, events, receipt(read(plan, view, events, {"case_id": busy}, END))


def test_events_that_are_gone_from_the_topic_are_told(made: View) -> None:
    plan, view, events, one = one_read(made)
    gone = next(event for event in events if event["case_id"] == one.request["case_id"] and event["at"] > END - HOUR)
    (found,) = explained(plan, view, [one], topic(view, [event for event in events if event is not gone]))
    assert {feature.verdict for feature in found.features if feature.window == (0, END + 1)} == {"missing"}
    assert {feature.verdict for feature in found.features} == {"missing", "same"}
    assert not found.is_same
    assert all("holds fewer of them now" in feature.why for feature in found.features if feature.verdict == "missing")


def test_a_value_that_is_not_what_the_events_give_differs(made: View) -> None:
    plan, view, events, one = one_read(made)
    changed = tuple(
        msgspec.structs.replace(told, value="0.01") if told.name == "of_money.sum_1h" else told for told in one.features
    )
    (found,) = explained(plan, view, [msgspec.structs.replace(one, features=changed)], topic(view, events))
    assert [feature.name for feature in found.features if feature.verdict != "same"] == ["of_money.sum_1h"]
    assert not found.is_same


def test_an_event_that_says_something_else_now_is_told(made: View) -> None:
    plan, view, events, one = one_read(made)
    changed = [event | {"money": None, "flag": not event["flag"]} for event in events]
    (found,) = explained(plan, view, [one], topic(view, changed))
    assert "unlike" in {feature.verdict for feature in found.features}


def test_nothing_is_to_be_computed_where_nobody_was_asked_about(made: View) -> None:
    view = made("of_word")
    plan = all_of(view)
    flow = ReadFlow(publication(plan, view), "dev")
    given: dict[str, Any] = {"ns": "dev", "asked": END, "now": END, "given": {}}
    nobody = with_receipt(
        flow, {"case_id": None}, [None] * len(flow.parts), as_of=END, fresh={}, stale_after=1, own=None, **given
    )
    silent = flow.unavailable(as_of=END, now=END, reason="it was silent")
    silent = without_an_answer(flow, {"case_id": "case 1"}, silent, **given)
    for found in explained(plan, view, [receipt(nobody), receipt(silent)], topic(view, [])):
        assert found.is_same
        assert {one.status for one in found.places} in ({"no_key"}, {"unavailable"})
    assert receipt(silent).reason == "it was silent"
    made_up = tuple(msgspec.structs.replace(told, value=1, status="present") for told in receipt(nobody).features)
    (found,) = explained(plan, view, [msgspec.structs.replace(receipt(nobody), features=made_up)], topic(view, []))
    assert {one.verdict for one in found.features} == {"differs"}


def test_a_receipt_that_does_not_fit_its_plan_is_refused(made: View) -> None:
    plan, view, events, one = one_read(made)
    (part, *others) = one.parts
    (window, *_) = part.windows
    shorter = msgspec.structs.replace(
        part, windows=(msgspec.structs.replace(window, lo=window.lo + 1), *part.windows[1:])
    )
    untold = msgspec.structs.replace(part, windows=(msgspec.structs.replace(window, cut=(7,)), *part.windows[1:]))
    unbound = msgspec.structs.replace(part, alias="other")
    for changes in (
        {"parts": (shorter, *others)},
        {"parts": (untold, *others)},
        {"parts": (unbound, *others)},
        {"parts": (part, part, *others)},
        {"features": one.features[1:]},
        {"version": 2},
    ):
        wrong = msgspec.structs.replace(one, **changes)
        with pytest.raises(ReadError, match="does not fit the plan"):
            explained(plan, view, [wrong], topic(view, events))


def test_what_is_no_receipt_is_refused() -> None:
    for data in (b"", b"\n", b"{}", b'{"ns": 1}\n{}', b"[]"):
        with pytest.raises(ReadError, match="receipt"):
            receipts_in(data, where="receipt.json")


def test_several_receipts_stand_one_a_line(made: View) -> None:
    *_, one = one_read(made)
    assert receipts_in(one.encode() + b"\n" + one.encode() + b"\n", where="here") == [one, one]
    pretty = msgspec.json.format(one.encode(), indent=2)
    assert receipts_in(pretty, where="here") == [one]


def test_on_the_terminal_each_event_is_told(made: View) -> None:
    plan, view, events, one = one_read(made)
    (found,) = explained(plan, view, [one], topic(view, events))
    console = Console(width=200, file=StringIO(), force_terminal=False)
    console.print(rendered(found, "of_money.sum_1h"))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    (feature,) = (feature for feature in found.features if feature.name == "of_money.sum_1h")
    assert "same bits" in text
    assert all(str(given.event.id) in text for given in feature.events if str(given.event.id).isalnum())
    listed = document(found, "of_money.sum_1h")["events"]["of_money.sum_1h"]
    assert sum(Decimal(given["gives"]["sum_sum"]) for given in listed) == Decimal(feature.said)
    with pytest.raises(ReadError, match=r"no feature 'of_money\.sum_2h'"):
        rendered(found, "of_money.sum_2h")
