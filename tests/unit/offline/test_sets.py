"""Vectors of sets: the request's own event left out or waited for, places derived, defaults, several views."""

import random
from decimal import Decimal
from typing import Any, Final

import pytest

from millpond.algebra.evaluate import Event
from millpond.define.compiler import compile_pool
from millpond.offline.vectors import Ask, vectors
from millpond.plan.errors import ReadError
from millpond.plan.model import Pool, SetPlan
from millpond.plan.windows import HOUR
from millpond.serve.vector import Vector
from tests.unit.define.sample import project
from tests.unit.offline.given import events as events_of
from tests.unit.serve.test_own_event import FEATURES, FILE, NOON, SETS, event, read

DERIVED: Final = """
from features.shop.exactly import exactly
from features.shop import sources
from millpond import Derived, FeatureSet, _

buyer = exactly.bind("buyer", customer_id=_.customer_id)
other = exactly.bind("other", customer_id=_.other_id)

FeatureSet(
    "derived", version=1, owner="loyalty", request={"amount": "decimal(10,2)"},
    features=[
        Derived("share", _.request.amount / _.buyer.spend_1h),
        buyer["visits_1h"],
        Derived("both", _.buyer.visits_1h + _.other.visits_1h),
        Derived("known", _.share.coalesce(-1.0)),
    ],
    views=[other],
)
"""


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    exact = 'precision="exact", cap=4'
    views = {"exactly": ("sales", exact), "tiled": ("sales", ""), "nameless": ("replayed_sales", exact)}
    files = {
        f"features/shop/{name}.py": FILE.format(name=name, source=source, features=FEATURES, precision=precision)
        for name, (source, precision) in views.items()
    }
    files |= {"features/shop/sets.py": SETS, "features/shop/derived.py": DERIVED}
    return compile_pool(project(tmp_path_factory.mktemp("pool") / "project", files))


def plan_of(pool: Pool, name: str) -> SetPlan:
    (plan,) = (one for one in pool.sets if one.name == name)
    return plan


def evaluated(pool: Pool, name: str, events: list[Event], asks: list[Ask]) -> list[Vector]:
    plan = plan_of(pool, name)
    views = [pool.view(binding.view) for binding in plan.bindings]
    with events_of(views[0].source, events) as held:
        return vectors(held, plan, views, asks)


def happened(seed: int) -> list[Event]:
    """Sales of two customers within two hours, some in the same millisecond."""
    draw = random.Random(seed)
    near = [NOON - HOUR, NOON - HOUR + 1, NOON - 1, NOON]
    return [
        event(
            number,
            draw.choice(near) if draw.random() < 0.4 else NOON - draw.randrange(2 * HOUR),
            draw.randrange(1_000),
            draw.randrange(1, 4),
            draw.choice(("ann", "bob")),
        )
        for number in range(24)
    ]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", ["left_out", "delayed", "waited_for", "waited_for_in_tiles", "before"])
def test_each_event_as_a_request_gives_what_a_reader_gives_before_it_comes_and_once_it_has(
    pool: Pool, name: str, seed: int
) -> None:
    events = happened(seed)
    for request, vector in zip(events, evaluated(pool, name, events, [Ask(one) for one in events]), strict=True):
        known = [one for one in events if one["sold_at"] <= request["sold_at"]]  # type: ignore[operator]
        # What is left out may as well not have come: then its tile need not be cut, whatever was kept of it.
        arrived = (
            known if name.startswith("waited_for") else [one for one in known if not is_left_out(name, one, request)]
        )
        wanted = read(pool, name, arrived, dict(request))
        assert vector.as_of == wanted.as_of == request["sold_at"]
        assert (vector.values, vector.statuses) == (wanted.values, wanted.statuses)


def is_left_out(name: str, one: Event, request: Event) -> bool:
    """Without ids all of its millisecond."""
    return one["sold_at"] == request["sold_at"] if name == "before" else one is request


@pytest.mark.parametrize("name", ["waited_for", "waited_for_in_tiles"])
def test_an_event_that_is_not_among_the_data_is_waited_for(pool: Pool, name: str) -> None:
    missing = event(99, NOON + 1, 500, 2)
    (vector,) = evaluated(pool, name, happened(0), [Ask(missing)])
    assert set(vector.statuses[:3]) == {"behind"}
    assert set(vector.statuses[3:]) <= {"present", "empty"}


def test_a_set_of_events_takes_its_instant_from_the_request(pool: Pool) -> None:
    with pytest.raises(ReadError, match="read at the time of its request's event"):
        evaluated(pool, "left_out", [], [Ask(event(1, NOON, 1, 1), NOON)])


def test_places_are_derived_from_the_request_and_from_several_views(pool: Pool) -> None:
    events = [event(1, NOON - 5, 250, 1), event(2, NOON - 4, 250, 1), event(3, NOON - 3, 100, 1, "bob")]
    request: dict[str, Any] = {"customer_id": "ann", "other_id": "bob", "amount": Decimal("1.00")}
    found, nobody = evaluated(
        pool, "derived", events, [Ask(request, NOON), Ask({**request, "customer_id": "cid", "other_id": None}, NOON)]
    )
    assert found.as_dict() == {"share": 0.2, "buyer.visits_1h": 2, "both": 3, "known": 0.2}
    assert set(found.statuses) == {"present"}
    assert nobody.as_dict() == {"share": None, "buyer.visits_1h": 0, "both": None, "known": -1.0}
    assert nobody.status_of() == {"share": "empty", "buyer.visits_1h": "empty", "both": "no_key", "known": "empty"}
