"""The oracle of vectors of events themselves, on events that can be counted by hand.

a  100 ---- b 160 - c 199 - d 200 -----> ts (ms);  windows of 100 ms;  c is of another store; b was sent twice
"""

from decimal import Decimal

from tests.oracles.served import Event, Held, held

EVENTS = [
    Event("a", 1, 7, 100, 100),
    Event("b", 1, 7, 160, 250),
    Event("b", 1, 7, 160, 250),
    Event("c", 1, 8, 199, 50),
    Event("d", 1, 7, 200, 10),
    Event("x", 2, 7, 180, 9_999),
]


def test_with_the_event_itself_every_event_of_the_window_counts_once() -> None:
    found = held(EVENTS, {"w": 100}, includes=True)
    assert found["a"]["household", "w"] == Held(1, Decimal("1.00"), Decimal("1.00"))
    assert found["c"]["household", "w"] == Held(3, Decimal("4.00"), Decimal("2.50"))
    assert found["d"]["household", "w"] == Held(3, Decimal("3.10"), Decimal("2.50"))
    assert found["d"]["pair", "w"] == Held(2, Decimal("2.60"), Decimal("2.50"))


def test_without_it_only_what_was_before() -> None:
    found = held(EVENTS, {"w": 100}, includes=False)
    assert found["a"]["household", "w"] == Held(0, Decimal("0.00"), None)
    assert found["d"]["household", "w"] == Held(2, Decimal("3.00"), Decimal("2.50"))
    assert found["c"]["pair", "w"] == Held(0, Decimal("0.00"), None)
    assert found["b"]["pair", "w"] == Held(1, Decimal("1.00"), Decimal("1.00"))
