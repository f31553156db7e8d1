"""The bank of the demo: its past ends now, and what is to come is spread so that nothing is squeezed or lost."""

from collections import Counter, defaultdict
from itertools import pairwise
from typing import Final

import pytest

from examples.fraud.bank import DAYS_BEFORE, DAYS_TO_COME, Bank, bank
from millpond.plan.windows import DAY
from millpond.simulate import Simulation
from millpond.simulate.topics import CARDS, REPORTS, TRANSFERS

NOW: Final = 1_764_215_130_123
OVER_MS: Final = 60_000
WHOLE: Final = Simulation(seed=3, customers=400, start_ms=NOW - DAYS_BEFORE * DAY, days=DAYS_BEFORE + DAYS_TO_COME)


@pytest.fixture(scope="module")
def watched() -> Bank:
    return bank(seed=3, customers=400, now_ms=NOW)


def test_its_history_is_all_that_has_arrived_by_now_as_it_arrived(watched: Bank) -> None:
    history = list(watched.history)
    assert history == [sent for sent in WHOLE if sent.arrival_ms < NOW]
    assert len(history) > 20_000
    assert history[-1].arrival_ms > NOW - 3_600_000


def test_what_is_to_come_happens_later_each_event_once_and_in_order(watched: Bank) -> None:
    instants = [sent.event["occurred_at"] for sent in watched.to_come]
    assert instants == sorted(instants)
    assert instants[0] >= NOW
    assert {sent.event["event_id"] for sent in watched.to_come} == {
        sent.event["event_id"] for sent in WHOLE if sent.event["occurred_at"] >= NOW
    }
    assert len(instants) == len({sent.event["event_id"] for sent in watched.to_come})


def test_every_event_of_a_fraud_comes_and_of_each_honest_sender_one_transfer(watched: Bank) -> None:
    whole, truth = list(WHOLE), WHOLE.truth
    transfers = {sent.event["event_id"] for sent in whole if sent.topic == TRANSFERS.name}
    coming = watched.spread(OVER_MS)
    frauds = {one.event["event_id"]: one.pattern for one in coming if one.pattern is not None}
    assert frauds == {
        sent.event["event_id"]: truth[sent.event["event_id"]]
        for sent in whole
        if sent.event["occurred_at"] >= NOW and sent.event["event_id"] in truth
    }
    assert watched.frauds == {one for one in frauds if one in transfers} != set()
    honest = Counter(one.key for one in coming if one.pattern is None and one.topic == TRANSFERS.name)
    assert set(honest.values()) == {1}
    assert honest.keys() == {
        sent.key
        for sent in whole
        if sent.topic == TRANSFERS.name and sent.event["occurred_at"] >= NOW and sent.event["event_id"] not in truth
    }
    assert not {one.topic for one in coming if one.pattern is None} & {CARDS.name, REPORTS.name}


def test_each_pattern_comes_evenly_from_the_beginning_to_the_end_and_in_its_own_order(watched: Bank) -> None:
    coming = watched.spread(OVER_MS)
    assert [one.after_ms for one in coming] == sorted(one.after_ms for one in coming)
    groups = defaultdict(list)
    for one in coming:
        groups[one.pattern].append(one)
    assert {"burst", "mule"} <= groups.keys()
    for group in groups.values():
        step = OVER_MS / len(group)
        assert [one.event["occurred_at"] for one in group] == sorted(one.event["occurred_at"] for one in group)
        assert all(abs(later.after_ms - one.after_ms - step) <= 1 for one, later in pairwise(group))
        assert 0 <= group[0].after_ms < step and OVER_MS - step <= group[-1].after_ms < OVER_MS


def test_the_same_bank_comes_the_same_way(watched: Bank) -> None:
    assert watched.spread(OVER_MS) == bank(seed=3, customers=400, now_ms=NOW).spread(OVER_MS)
