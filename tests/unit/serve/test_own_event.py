"""Vectors of a request that is an event itself, against brute force over the events: left out, or waited for."""

from decimal import Decimal
from typing import Any, Final

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.evaluate import Event
from millpond.define.compiler import compile_pool
from millpond.plan.deployment import Publication, Served
from millpond.plan.errors import ReadError
from millpond.plan.model import Pool
from millpond.plan.windows import DAY, HOUR
from millpond.serve.flow import ReadFlow
from millpond.serve.status import Status
from millpond.serve.vector import Vector
from tests.unit.define.sample import project
from tests.unit.serve import as_stored

NOON: Final = 20_000 * DAY + 12 * HOUR + 20_137  # within a tile
FEATURES: Final = 'features={"visits": Count(), "spend": Sum(_.amount), "stores": CountDistinct(_.store_id)}'
FILE: Final = """
from features.shop import sources
from millpond import *
from millpond import _

{name} = FeatureView(
    "{name}", version=1, owner="loyalty", entity=sources.customer, source=sources.{source},
    by={{"customer_id": _.customer_id}}, windows=["1h", Window("1h", delay="30m")], {features}, {precision}
)
"""
SETS: Final = """
from features.shop.exactly import exactly
from features.shop.tiled import tiled
from features.shop.nameless import nameless
from features.shop import sources
from millpond import FeatureSet, _

def made(name, view, windows=("1h", "1h_delayed_30m"), source=sources.sales, **given):
    features = [view[f"{feature}_{window}"] for window in windows for feature in ("visits", "spend", "stores")]
    return FeatureSet(name, version=1, owner="loyalty", request=source, features=features, **given)

made("left_out", exactly, own_event="exclude")
made("delayed", tiled, ["1h_delayed_30m"], own_event="exclude")
made("waited_for", exactly, own_event="include")
made("waited_for_in_tiles", tiled, own_event="include")
made("before", nameless, source=sources.replayed_sales, own_event="exclude")
made("of_another_source", nameless, own_event="exclude")
"""
MOMENTS: Final = st.integers(NOON - 2 * HOUR, NOON) | st.sampled_from(
    [NOON, NOON - 1, NOON - 100, NOON - HOUR, NOON - HOUR + 1]
)
EVENTS: Final = st.lists(st.tuples(MOMENTS, st.integers(0, 999), st.integers(1, 3)), max_size=12)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    exact = 'precision="exact", cap=20'
    views = {"exactly": ("sales", exact), "tiled": ("sales", ""), "nameless": ("replayed_sales", exact)}
    files = {
        f"features/shop/{name}.py": FILE.format(name=name, source=source, features=FEATURES, precision=precision)
        for name, (source, precision) in views.items()
    }
    return compile_pool(project(tmp_path_factory.mktemp("pool") / "project", {**files, "features/shop/sets.py": SETS}))


def event(number: int, ts: int, cents: int, store: int, customer: str = "ann") -> Event:
    return {
        "sale_id": f"s{number}", "sold_at": ts, "customer_id": customer, "amount": Decimal(cents).scaleb(-2),
        "store_id": store,
    }  # fmt: skip


def read(pool: Pool, name: str, arrived: list[Event], request: dict[str, Any]) -> Vector:
    (plan,) = (one for one in pool.sets if one.name == name)
    view = pool.view(plan.bindings[0].view)
    served = Served(view=view, generation=1, job="", covered_since=0, deployed_at=NOON)
    flow = ReadFlow(Publication(plan=plan, views=(served,)), "dev")
    assert flow.own_events is not None
    q, own = flow.own_events.of(request)
    mine = [one for one in arrived if one["customer_id"] == request["customer_id"]]
    replies = as_stored.replies(flow, view, mine, q, q)
    fresh = {part.stamp: NOON for part in flow.parts}
    return flow.vector(replies, as_of=q, asked=NOON, now=NOON, fresh=fresh, stale_after=30_000, own=own)


def counted(events: list[Event], lo: int, hi: int) -> list[Any]:
    """Visits, spend and stores of the events with lo <= ts < hi."""
    inside = [one for one in events if lo <= one["sold_at"] < hi]  # type: ignore[operator]
    spent = sum((Decimal(str(one["amount"])) for one in inside), Decimal(0))
    return [len(inside), spent, len({one["store_id"] for one in inside})]


@given(EVENTS, st.booleans())
def test_left_out_by_its_id_whether_or_not_it_has_arrived(
    pool: Pool, drawn: list[tuple[int, int, int]], has_arrived: bool
) -> None:
    others = [event(number, *one) for number, one in enumerate(drawn)]
    own = event(99, NOON, 500, 2)
    vector = read(pool, "left_out", [*others, own] if has_arrived else others, dict(own))

    assert vector.as_of == NOON
    assert set(vector.statuses) <= {"present", "empty"}
    delayed = counted(others, NOON - 90 * 60_000 + 1, NOON - 30 * 60_000 + 1)
    assert list(vector.values) == [*counted(others, NOON - HOUR + 1, NOON + 1), *delayed]


@given(EVENTS, st.booleans(), st.sampled_from(["waited_for", "waited_for_in_tiles"]))
def test_waited_for_where_it_is_to_count(
    pool: Pool, drawn: list[tuple[int, int, int]], has_arrived: bool, name: str
) -> None:
    # Of tiles alone it is not told apart from another event of its millisecond.
    others = [event(number, *one) for number, one in enumerate(drawn) if one[0] < NOON or name == "waited_for"]
    own = event(99, NOON, 500, 2)
    arrived = [*others, own] if has_arrived else others
    vector = read(pool, name, arrived, dict(own))

    says: set[Status] = {"present", "empty"} if has_arrived else {"behind"}
    assert set(vector.statuses[:3]) <= says
    assert set(vector.statuses[3:]) <= {"present", "empty"}
    if name == "waited_for":
        assert list(vector.computed[:3]) == counted(arrived, NOON - HOUR + 1, NOON + 1)


def test_an_event_of_somebody_else_is_not_waited_for(pool: Pool) -> None:
    request = dict(event(99, NOON, 500, 2, customer="bob"))
    vector = read(pool, "waited_for", [], request)
    assert set(vector.statuses) == {"behind"} | {"empty"}

    (plan,) = (one for one in pool.sets if one.name == "waited_for")
    asked = msgspec.structs.replace(plan.bindings[0], request_fields=("other",))
    request_columns = (*plan.request, msgspec.structs.replace(plan.request[0], name="other"))
    plan = msgspec.structs.replace(plan, bindings=(asked,), request=request_columns)
    served = Served(view=pool.view("shop.exactly"), generation=1, job="", covered_since=0, deployed_at=NOON)
    flow = ReadFlow(Publication(plan=plan, views=(served,)), "dev")
    assert flow.own_events is not None
    assert flow.own_events.of({**request, "other": "ann"}) == (NOON, (None,))
    assert flow.own_events.of({**request, "other": "bob"})[1] != (None,)


@given(EVENTS)
def test_without_ids_the_vector_ends_before_its_millisecond(pool: Pool, drawn: list[tuple[int, int, int]]) -> None:
    events = [event(number, *one) for number, one in enumerate(drawn)]

    vector = read(pool, "before", [*events, event(99, NOON, 500, 2)], dict(event(99, NOON, 500, 2)))

    assert list(vector.values[:3]) == counted(events, NOON - HOUR + 1, NOON)


def test_an_event_of_another_source_is_in_no_window(pool: Pool) -> None:
    events = [event(1, NOON, 500, 2)]

    vector = read(pool, "of_another_source", events, dict(events[0]))

    assert list(vector.values[:3]) == [1, Decimal("5.00"), 1]


def test_of_a_tile_with_more_events_than_are_kept_it_cannot_be_left_out(pool: Pool) -> None:
    others = [event(number, NOON - 1, 100, 1) for number in range(30)]
    own = event(99, NOON, 500, 2)

    arrived = read(pool, "left_out", [*others, own], dict(own))
    awaited = read(pool, "left_out", others, dict(own))
    included = read(pool, "waited_for", [*others, own], dict(own))

    assert (set(arrived.statuses[:3]), arrived.values[0]) == ({"ahead"}, None)
    assert (awaited.statuses[0], awaited.values[0]) == ("present", 30)
    assert (included.statuses[0], included.values[0]) == ("present", 31)


def test_a_request_that_is_an_event_says_its_time_and_its_id(pool: Pool) -> None:
    own = dict(event(99, NOON, 500, 2))

    with pytest.raises(ReadError, match="the request's 'sold_at' is None"):
        read(pool, "left_out", [], own | {"sold_at": None})
    with pytest.raises(ReadError, match="the request has no field 'sale_id'"):
        read(pool, "left_out", [], {name: value for name, value in own.items() if name != "sale_id"})
