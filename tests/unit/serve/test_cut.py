"""Tiles that a window cuts, against brute force: from whichever side they are answered, the numbers are the same."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.evaluate import Event
from millpond.define.compiler import compile_pool
from millpond.plan.deployment import Publication, Served
from millpond.plan.model import ViewPlan
from millpond.plan.windows import DAY, HOUR
from millpond.serve.flow import ReadFlow
from tests.integration.deployed import all_of
from tests.unit.define.sample import project
from tests.unit.serve import as_stored

CAP: Final = 20
EDGE: Final = 20_000 * DAY + 12 * HOUR  # where tiles of any size begin
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
    }},
)
"""
SALES: Final = st.lists(st.tuples(st.integers(0, 400), st.integers(0, 9), st.integers(1, 3)), max_size=CAP)


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> ViewPlan:
    pool = compile_pool(project(tmp_path_factory.mktemp("pool") / "project", {"features/shop/cut.py": FILE}))
    return pool.view("shop.cut")


def sales(drawn: Sequence[tuple[int, int, int]], start: int) -> list[Event]:
    return [
        {
            "sale_id": f"s{n:03}",
            "sold_at": start + ms,
            "customer_id": "ann",
            "amount": Decimal(amount),
            "store_id": store,
        }
        for n, (ms, amount, store) in enumerate(drawn)
    ]


def answers(view: ViewPlan, records: list[Event], events: list[Event], q: int) -> dict[str, Any]:
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


def by_hand(events: list[Event], lo: int, hi: int) -> dict[str, Any]:
    inside: list[Any] = sorted(
        (e for e in events if lo <= e["sold_at"] < hi),  # type: ignore[operator]
        key=lambda e: (e["sold_at"], e["sale_id"]),
        reverse=True,
    )
    amounts, stores = [e["amount"] for e in inside], [e["store_id"] for e in inside]
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
    }


@given(SALES, st.integers(-1, 401))
def test_the_head(view: ViewPlan, drawn: list[tuple[int, int, int]], at: int) -> None:
    events = sales(drawn, EDGE)
    assert answers(view, events, events, EDGE + at) == by_hand(events, EDGE + at - HOUR + 1, EDGE + at + 1)


@given(SALES, st.integers(-1, 401))
def test_the_tail(view: ViewPlan, drawn: list[tuple[int, int, int]], at: int) -> None:
    events = sales(drawn, EDGE - HOUR)
    assert answers(view, events, events, EDGE + at) == by_hand(events, EDGE + at - HOUR + 1, EDGE + at + 1)


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
