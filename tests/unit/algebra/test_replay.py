"""Tiles and windows against the definition: the events with lo <= ts < hi."""

from decimal import Decimal
from fractions import Fraction
from random import Random
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from millpond.algebra.evaluate import Event
from millpond.algebra.replay import accepted, replay
from millpond.plan.compiled import load_compiled
from millpond.plan.windows import DAY
from tests.unit.define.sample import RIGHT

POOL = load_compiled(RIGHT)
CUSTOMER = POOL.view("shop.customer")
STORE = POOL.view("shop.customer_store")
NOON = 20_000 * DAY + DAY // 2
FIELDS: dict[str, Any] = {column.name: None for column in CUSTOMER.source.columns}
TIMES = st.integers(NOON - 100 * DAY, NOON + DAY) | st.integers(NOON - 3_700_000, NOON + 5)
AMOUNTS = st.integers(-(10**6), 10**6).map(lambda cents: Decimal(cents).scaleb(-2))
KEYS = st.sampled_from(["c1", "c2", None])
Given = list[dict[str, Any]]
EVENTS: st.SearchStrategy[Given] = st.lists(
    st.fixed_dictionaries(
        {"sold_at": TIMES, "customer_id": KEYS, "amount": AMOUNTS, "gift": st.none() | st.booleans()}
    ),
    max_size=25,
)


def events(given: Given) -> list[Event]:
    """Whole events, each its own."""
    return [FIELDS | {"fee": Decimal(0), "quantity": 1, "sale_id": str(i)} | e for i, e in enumerate(given)]


@given(EVENTS, st.integers(NOON - DAY, NOON))
def test_a_window_holds_the_events_between_its_bounds(given: Given, q: int) -> None:
    got = replay(CUSTOMER, events(given), ("c1",), q)

    def inside(feature: str) -> list[tuple[Decimal, bool | None]]:
        plan = CUSTOMER.feature(feature)
        lo, hi = plan.window.bounds(q, plan.level_ms)
        return [(e["amount"], e["gift"]) for e in given if e["customer_id"] == "c1" and lo <= e["sold_at"] < hi]

    for name in ("visits_1h", "visits_lifetime", "visits_30d_delayed_7d", "visits_lifetime_delayed_30d"):
        assert got[name] == len(inside(name))
    for name in ("gifts_1h", "gifts_30d"):
        assert got[name] == sum(gift is True for _amount, gift in inside(name))
    for name in ("spend_1h", "spend_30d"):
        assert got[name] == sum((amount for amount, _gift in inside(name)), Decimal(0))
    for name in ("least_1h", "least_30d"):
        assert got[name] == min((a for a, _gift in inside(name) if a > Decimal("0.05")), default=None)
    amounts = [Fraction(amount) for amount, _gift in inside("mean_spend_30d")]
    assert got["mean_spend_30d"] == (float(sum(amounts) / len(amounts)) if amounts else None)


@given(EVENTS, st.integers(NOON - DAY, NOON), st.randoms(use_true_random=False))
def test_the_order_of_events_changes_nothing(given: Given, q: int, random: Random) -> None:
    there = events(given)
    shuffled = list(there)
    random.shuffle(shuffled)

    assert replay(CUSTOMER, shuffled, ("c1",), q) == replay(CUSTOMER, there, ("c1",), q)


def test_a_part_of_a_key_is_not_the_key() -> None:
    one = events([{"sold_at": NOON, "customer_id": "c1", "store_id": 7, "amount": Decimal(1)}])

    assert replay(STORE, one, ("c1", 7), NOON)["visits_7d"] == 1
    assert replay(STORE, one, ("c1", 8), NOON)["visits_7d"] == 0
    assert replay(STORE, one, ("c2", 7), NOON)["visits_7d"] == 0


def test_an_event_without_time_or_id_is_not_accepted_and_a_copy_counts_once() -> None:
    def sale(ts: int | None, sale_id: str | None) -> Event:
        return FIELDS | {"sold_at": ts, "sale_id": sale_id}

    there = [sale(1, "a"), sale(1, "a"), sale(2, "a"), sale(1, "b"), sale(None, "c"), sale(3, None)]

    assert accepted(CUSTOMER, there) == [sale(1, "a"), sale(2, "a"), sale(1, "b")]


def test_without_event_ids_every_record_is_an_event() -> None:
    source = msgspec.structs.replace(CUSTOMER.source, event_id=None)
    there: list[Event] = [FIELDS | {"sold_at": 1, "sale_id": None}] * 2

    assert len(accepted(msgspec.structs.replace(CUSTOMER, source=source), there)) == 2
