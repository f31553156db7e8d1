"""Tiles that a window cuts, against brute force: from whichever side they are answered, the numbers are the same."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.evaluate import Event
from millpond.define.compiler import compile_pool
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import ViewPlan
from millpond.plan.windows import DAY, HOUR, SECOND, WindowSpan
from millpond.serve.flow import ReadFlow
from tests.integration.deployed import all_of
from tests.unit.define.sample import project
from tests.unit.serve import as_stored

CAP: Final = 20
EDGE: Final = 20_000 * DAY + 12 * HOUR  # where tiles of any size begin
HALF: Final = 0.5
FILE: Final = f"""
from features.shop import sources
from millpond import *
from millpond import _

cut = FeatureView(
    "cut", version=1, owner="loyalty", entity=sources.customer, source=sources.sales,
    by={{"customer_id": _.customer_id}}, windows=["1h"], precision="exact", cap={CAP},
    features={{
        "all": Count(),
        "small": Count(where=_.amount < 5),
        "spent": Sum(_.amount),
        "little": Sum(_.amount, where=_.store_id == 1),
        "most": Max(_.amount),
        "least": Min(_.amount, where=_.store_id == 2),
        "stores": CountDistinct(_.store_id, where=_.amount > 2),
        "last": LastK(_.amount, k=3),
        "often": TopK(_.store_id, k=2),
        "varies": Var(_.amount),
        "heavy": Count(where=_.weight > {HALF}),
        "weighed": Sum(_.weight),
        "weights": LastK(_.weight, k=2),
        "first": FirstK(_.amount, k=3),
        "few": CountDistinct(_.store_id, cap=2, where=_.amount >= 0),
        "rarely": ValueCounts(_.store_id, cap=2),
    }},
)
"""
SALES: Final = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9), st.integers(1, 3)), max_size=CAP)


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> ViewPlan:
    pool = compile_pool(project(tmp_path_factory.mktemp("pool") / "project", {"features/shop/cut.py": FILE}))
    return pool.view("shop.cut")


def weight_of(amount: int | Decimal) -> float | None:
    """Null for some; their sums are exact."""
    return None if amount % 3 == 0 else float(amount) / 4


def sales(drawn: Sequence[tuple[int, int, int]], start: int) -> list[Event]:
    return [
        {
            "sale_id": f"s{n:03}",
            "sold_at": start + ms,
            "customer_id": "ann",
            "amount": Decimal(amount),
            "store_id": store,
            "weight": weight_of(amount),
        }
        for n, (ms, amount, store) in enumerate(drawn)
    ]


def answers(view: ViewPlan, records: Sequence[Event], events: Sequence[Event], q: int) -> dict[str, Any]:
    """Of records and of events that were asked for one after the other."""
    served = Served(view=view, generation=1, job="", covered_since=0, deployed_at=q)
    flow = ReadFlow(Publication(plan=all_of(view), views=(served,)), "dev")
    older, newer = (as_stored.replies(flow, view, some, q, q) for some in (records, events))
    replies = [(one, other) for (one, _), (_, other) in zip(older, newer, strict=True)]
    fresh = {part.stamp: q for part in flow.parts}
    vector = flow.vector(replies, as_of=q, asked=q, now=q, fresh=fresh, stale_after=30_000)
    return {
        name.split(".")[1].removesuffix("_1h"): value for name, value in zip(vector.names, vector.computed, strict=True)
    }


def by_hand(events: Sequence[Event], lo: int, hi: int) -> dict[str, Any]:
    inside: list[Any] = sorted(
        (e for e in events if lo <= e["sold_at"] < hi),  # type: ignore[operator]
        key=lambda e: (e["sold_at"], e["sale_id"]),
        reverse=True,
    )
    amounts, stores = [e["amount"] for e in inside], [e["store_id"] for e in inside]
    weights = [e["weight"] for e in inside if e["weight"] is not None]
    kept = sorted(set(stores))[:2]
    mean = sum(amounts) / len(amounts) if amounts else Decimal(0)
    often = sorted(set(stores), key=lambda store: (-stores.count(store), store))[:2]
    return {
        "all": len(inside),
        "small": sum(amount < 5 for amount in amounts),
        "spent": sum(amounts),
        "little": sum(e["amount"] for e in inside if e["store_id"] == 1),
        "most": max(amounts, default=None),
        "least": min((e["amount"] for e in inside if e["store_id"] == 2), default=None),
        "stores": len({e["store_id"] for e in inside if e["amount"] > 2}),
        "last": tuple(amounts[:3]) or None,
        "often": tuple(often) or None,
        "varies": pytest.approx(float(sum((a - mean) ** 2 for a in amounts) / (len(amounts) - 1)), abs=1e-9)
        if len(amounts) > 1
        else None,
        "heavy": sum(weight > HALF for weight in weights),
        "weighed": sum(weights),
        "weights": tuple(weights[:2]) or None,
        "first": tuple(amounts[::-1][:3]) or None,
        "few": len(kept),
        "rarely": {store: stores.count(store) for store in kept} or None,
    }


@given(SALES, st.integers(-1, 401))
def test_the_head(view: ViewPlan, drawn: list[tuple[int, int, int]], at: int) -> None:
    events = sales(drawn, EDGE)
    assert answers(view, events, events, EDGE + at) == by_hand(events, EDGE + at - HOUR + 1, EDGE + at + 1)


@given(SALES, st.integers(-1, 401))
def test_the_tail(view: ViewPlan, drawn: list[tuple[int, int, int]], at: int) -> None:
    events = sales(drawn, EDGE - HOUR)
    got, wanted = answers(view, events, events, EDGE + at), by_hand(events, EDGE + at - HOUR + 1, EDGE + at + 1)
    if len({e["store_id"] for e in events}) > 2:  # its tile is capped, and tells of some values when they were met
        assert got.pop("few") <= wanted.pop("few")
    assert got == wanted


@given(SALES, SALES, SALES, st.integers(-1, 401))
def test_both_ends_and_a_tile_between(
    view: ViewPlan,
    oldest: list[tuple[int, int, int]],
    between: list[tuple[int, int, int]],
    newest: list[tuple[int, int, int]],
    at: int,
) -> None:
    events = [
        {**sale, "sale_id": f"{start}{sale['sale_id']}"}
        for start, drawn in ((EDGE - HOUR, oldest), (EDGE - HOUR // 2, between), (EDGE, newest))
        for sale in sales(drawn, start)
    ]
    got, wanted = answers(view, events, events, EDGE + at), by_hand(events, EDGE + at - HOUR + 1, EDGE + at + 1)
    for capped in ("few", "rarely"):  # of each tile the least two values are kept
        del got[capped], wanted[capped]
    assert got == wanted


@given(SALES, st.integers(0, 400))
def test_a_head_whose_events_are_newer_than_its_record(
    view: ViewPlan, drawn: list[tuple[int, int, int]], at: int
) -> None:
    events = [*sales(drawn[1:], EDGE), *sales([(401, 1, 1)], EDGE)]
    assert answers(view, sales(drawn[:1], EDGE), events, EDGE + at)["all"] in (
        by_hand(events, EDGE + at - HOUR + 1, EDGE + at + 1)["all"],
        0,  # where there was no record yet
    )


def test_a_tail_whose_tile_had_more_events_than_it_kept(view: ViewPlan) -> None:
    #        lo
    # ---[xxx|xxxxxxx]---> of 30 the last 20 are kept: 15 are wanted, and of the other 15 only 5 are known
    events = sales([(n, n % 7, n % 3 + 1) for n in range(30)], EDGE - HOUR)
    assert answers(view, events, events, EDGE + 14) == by_hand(events, EDGE - HOUR + 15, EDGE + 15)


def test_a_head_that_met_more_values_than_are_kept_tells_those_of_its_events(view: ViewPlan) -> None:
    #  store  2   3   3   1
    # ------[ x   x   x | x ]---> the tile's tally has 1 and 2: that of 3 gave way
    events = sales([(0, 1, 2), (10, 1, 3), (20, 1, 3), (30, 1, 1)], EDGE)
    got = answers(view, events, events, EDGE + 20)
    assert (got["few"], got["rarely"]) == (2, {2: 1, 3: 2})
    # Of the events 1 and 2 are kept, too: 3 gives way.
    events = sales([(0, 1, 2), (10, 1, 3), (20, 1, 1), (30, 1, 1)], EDGE)
    got = answers(view, events, events, EDGE + 20)
    assert (got["few"], got["rarely"]) == (2, {1: 1, 2: 1})


def test_a_value_all_of_whose_events_are_taken_out_is_none_of_the_most_frequent(view: ViewPlan) -> None:
    events = sales([(0, 1, 2), (10, 1, 2), (30, 1, 1)], EDGE)
    assert answers(view, events, events, EDGE + 20)["often"] == (2,)
    assert answers(view, events, events, EDGE + 30)["often"] == (2, 1)


def test_what_a_sum_of_doubles_rounded_away_comes_back_without_the_event_that_did_it(view: ViewPlan) -> None:
    weights = [1.0, 2.0, 1e18]
    events = [
        {**sale, "weight": weight}
        for sale, weight in zip(sales([(0, 1, 1), (1, 1, 1), (9, 1, 1)], EDGE), weights, strict=True)
    ]
    assert answers(view, events, events, EDGE + 9)["weighed"] == 1e18 + 3.0 == 1e18  # its neighbours are 128 apart
    assert answers(view, events, events, EDGE + 8)["weighed"] == 3.0


def test_a_tail_whose_events_are_newer_than_its_record_is_told_by_them(view: ViewPlan) -> None:
    #          lo
    # ---[  1  |  2  ]---> the record knows of the first alone
    events = sales([(10, 5, 1), (30, 5, 2)], EDGE - HOUR)
    q = EDGE + 20
    assert answers(view, events[:1], events, q) == by_hand(events, q - HOUR + 1, q + 1)


def test_a_window_that_begins_in_the_head_tile_has_a_head_of_its_own(view: ViewPlan) -> None:
    """No level is chosen so; nothing else says that none ever is."""
    brief = msgspec.structs.replace(
        view.feature("all_1h"), name="brief_1h", window=WindowSpan(label="10s", size_ms=10 * SECOND)
    )
    view = msgspec.structs.replace(view, features=(*view.features, brief))
    events = sales([(0, 1, 1), (100, 1, 1), (10_050, 1, 1)], EDGE)
    got = answers(view, events, events, EDGE + 10_050)
    assert (got["all"], got["brief"]) == (3, 2)
    view = msgspec.structs.replace(view, features=view.features[::-1])
    got = answers(view, events, events, EDGE + 10_050)
    assert (got["all"], got["brief"]) == (3, 2)
