"""What is said of costs."""

import pytest

from millpond.review.bill import _bytes, bill_summary
from millpond.review.cost import Bytes, Cost
from millpond.review.review import Bill


def cost(store: float, state: float) -> Cost:
    held = Bytes(store=store, state=state, savepoint=3 * state)
    return Cost(rows=1, coalesced=0.5, live=held, history=held + held)


def test_costs_of_several_things_are_added() -> None:
    both = cost(1, 10) + cost(2, 20)
    assert (both.rows, both.coalesced) == (2, 1.0)
    assert both.live == Bytes(store=3, state=30, savepoint=90)
    assert both.history == Bytes(store=6, state=60, savepoint=180)


def test_a_summary_says_what_there_was_and_will_be() -> None:
    bill = Bill(before={"a": cost(5e6, 2e9)}, after={"a": cost(5e6, 2e9), "b": cost(7.25e6, 1)}, left=())
    assert bill_summary(bill) == "store 5 MB -> 12.2 MB, Flink state 2 GB"


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1 kB"), (12_345, "12.3 kB"), (999_900, "1 MB"), (5e15, "5000 TB")],
)
def test_bytes_are_told_in_three_digits(size: float, text: str) -> None:
    assert _bytes(size) == text
