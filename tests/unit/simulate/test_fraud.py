"""Every pattern shows what defines it, in every one of many cases."""

from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from random import Random

import pytest

from millpond.simulate.customers import Customer, Population
from millpond.simulate.fraud import (
    PATTERNS,
    Bursts,
    DocumentFarms,
    Mules,
    Pattern,
    StolenCards,
    Structuring,
    Takeovers,
    incidents,
)
from millpond.simulate.places import DAY, HOUR, MINUTE, WallClock
from millpond.simulate.topics import CARDS, DOCUMENTS, PROFILES, TRANSFERS, Event, Topic
from tests.unit.simulate.conftest import Stream

CASES = 60
POPULATION = Population(200, 0, Random(1))
CUSTOMERS = {customer.account.account_id: customer for customer in POPULATION.customers}

Case = dict[str, list[Event]]


def cases(pattern: type[Pattern]) -> Iterator[Case]:
    """Cases of a pattern, each as its events by topic, in the order of time."""
    made = pattern(POPULATION, Random(2))
    for number in range(CASES):
        found = sorted(made.incident(number * 5 * HOUR), key=lambda happening: happening.event["occurred_at"])
        case: Case = {topic.name: [] for topic in (TRANSFERS, CARDS, PROFILES, DOCUMENTS)}
        for happening in found:
            case[happening.topic.name].append(happening.event)
        yield case


def the(case: Case, topic: Topic, field: str) -> str:
    """The one value that a field has in all events of a topic."""
    (value,) = {event[field] for event in case[topic.name]}
    assert isinstance(value, str)
    return value


def span(events: list[Event]) -> int:
    return int(events[-1]["occurred_at"] - events[0]["occurred_at"])


def usual(customer: Customer) -> set[str]:
    return {account.account_id for account in customer.recipients.items}


@pytest.mark.parametrize("pattern", PATTERNS, ids=lambda pattern: pattern.name)
def test_all_events_of_a_case_bear_its_name_and_happen_after_its_beginning(pattern: type[Pattern]) -> None:
    made = pattern(POPULATION, Random(3))
    for at in range(0, 50 * DAY, DAY + 7 * HOUR):
        case = list(made.incident(at))
        assert {happening.pattern for happening in case} == {pattern.name}
        assert all(happening.event["occurred_at"] >= at for happening in case)


def test_a_mule_is_paid_by_many_and_sends_nearly_all_of_it_on_within_the_hour() -> None:
    for case in cases(Mules):
        transfers = case[TRANSFERS.name]
        mules = {e["recipient_id"] for e in transfers} & {e["sender_id"] for e in transfers}
        (mule,) = mules
        paid = [e for e in transfers if e["recipient_id"] == mule]
        onwards = [e for e in transfers if e["sender_id"] == mule]
        assert 8 <= len({e["sender_id"] for e in paid}) == len(paid) <= 20
        assert span(paid) < 6 * HOUR
        assert 2 <= len(onwards) <= 4
        assert 5 * MINUTE <= onwards[0]["occurred_at"] - paid[-1]["occurred_at"] < HOUR
        assert onwards[-1]["occurred_at"] - paid[-1]["occurred_at"] < HOUR
        assert len({e["currency"] for e in transfers}) == 1
        share = sum(e["amount"] for e in onwards) / sum(e["amount"] for e in paid)
        assert Decimal("0.89") < share < Decimal("0.98")


def test_a_stolen_card_is_tried_abroad_and_funds_transfers_of_somebody_else() -> None:
    for case in cases(StolenCards):
        tries, transfers = case[CARDS.name], case[TRANSFERS.name]
        victim = CUSTOMERS[the(case, CARDS, "account_id")]
        assert the(case, CARDS, "country") != victim.home.country
        assert 6 <= len(tries) <= 15
        assert span(tries) < 30 * MINUTE
        assert sum(not e["approved"] for e in tries) == round(len(tries) * 0.4)
        assert all(1 <= e["amount"] < 5 for e in tries[:3])
        assert all(20 <= e["amount"] < 600 for e in tries[3:])
        assert 1 <= len(transfers) <= 3
        assert the(case, TRANSFERS, "card_id") == the(case, CARDS, "card_id")
        assert the(case, TRANSFERS, "card_country") == victim.home.country
        assert the(case, TRANSFERS, "sender_id") != victim.account.account_id
        assert transfers[0]["occurred_at"] > tries[-1]["occurred_at"]


def test_a_takeover_changes_the_profile_and_pays_strangers_at_night_from_a_device_never_used() -> None:
    clock = WallClock()
    for case in cases(Takeovers):
        changes, transfers = case[PROFILES.name], case[TRANSFERS.name]
        victim = CUSTOMERS[the(case, TRANSFERS, "sender_id")]
        assert the(case, PROFILES, "account_id") == victim.account.account_id
        assert the(case, PROFILES, "device_id") == the(case, TRANSFERS, "device_id") not in victim.devices
        assert the(case, PROFILES, "ip") == the(case, TRANSFERS, "ip") not in victim.ips
        assert the(case, TRANSFERS, "ip_country") != victim.home.country
        assert [e["field"] for e in changes][:2] == ["PASSWORD", "DEVICE"]
        assert 2 <= len(transfers) <= 5
        assert changes[-1]["occurred_at"] < transfers[0]["occurred_at"]
        assert not {e["recipient_id"] for e in transfers} & usual(victim)
        assert all(e["amount"] >= 200 for e in transfers)
        assert {clock.hour(e["occurred_at"], victim.home.zone) for e in transfers} <= {1, 2, 3, 4, 5}


def test_structuring_stays_just_below_ten_thousand() -> None:
    for case in cases(Structuring):
        transfers = case[TRANSFERS.name]
        assert all(9_000 <= e["amount"] < 10_000 for e in transfers)
        assert 4 <= len(transfers) <= 9
        assert span(transfers) < 3 * DAY
        assert len({e["recipient_id"] for e in transfers}) <= 3
        assert the(case, TRANSFERS, "sender_id")


def test_a_burst_is_many_small_transfers_of_one_device_most_of_which_fail() -> None:
    for case in cases(Bursts):
        transfers = case[TRANSFERS.name]
        sender = CUSTOMERS[the(case, TRANSFERS, "sender_id")]
        assert 30 <= len(transfers) <= 80
        assert span(transfers) < 10 * MINUTE
        assert all(Decimal("0.50") <= e["amount"] <= 5 for e in transfers)
        assert 0.5 < sum(e["status"] == "FAILED" for e in transfers) / len(transfers) < 0.8
        assert the(case, TRANSFERS, "device_id") not in sender.devices


def test_a_document_farm_shows_one_document_for_several_accounts_from_one_device() -> None:
    for case in cases(DocumentFarms):
        documents = case[DOCUMENTS.name]
        assert the(case, DOCUMENTS, "document_hash")
        assert the(case, DOCUMENTS, "device_id")
        assert the(case, DOCUMENTS, "country")
        assert the(case, DOCUMENTS, "result") == "REJECTED"
        assert 4 <= len({e["account_id"] for e in documents}) == len(documents) <= 12
        assert span(documents) < 2 * HOUR


def test_of_six_cases_in_a_row_each_is_of_another_pattern_and_they_come_in_the_order_of_time() -> None:
    found = list(islice(incidents(POPULATION, 0, Random(5)), 60))
    moments = [moment for moment, _ in found]
    assert moments == sorted(moments)
    for first in range(0, 60, 6):
        assert len({case[0].pattern for _, case in found[first : first + 6]}) == 6


def test_one_case_comes_a_day_of_a_thousand_customers() -> None:
    found = list(islice(incidents(POPULATION, 0, Random(6)), 300))
    assert found[-1][0] / DAY == pytest.approx(300 / 0.2, rel=0.2)


def test_in_the_stream_the_device_of_a_takeover_was_never_seen_on_its_account(stream: Stream) -> None:
    truth = stream.simulation.truth
    used: dict[str, set[str]] = {}
    robbed = set()
    for event in stream.events[TRANSFERS.name]:
        devices = used.setdefault(event["sender_id"], set())
        if truth.get(event["event_id"]) != "takeover":
            devices.add(event["device_id"])
        else:
            robbed.add((event["sender_id"], event["device_id"]))
    assert robbed
    assert not [account for account, device in robbed if device in used[account]]
