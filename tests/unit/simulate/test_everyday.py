"""What honest customers do."""

from collections import Counter
from itertools import pairwise, takewhile
from random import Random

import pytest

from millpond.simulate.customers import Population
from millpond.simulate.everyday import Everyday
from millpond.simulate.places import DAY, WallClock
from millpond.simulate.topics import PROFILES, TRANSFERS, Happening

CUSTOMERS = 200
DAYS = 20


@pytest.fixture(scope="module")
def lived() -> list[Happening]:
    acts = Everyday(Population(CUSTOMERS, 0, Random(1)), 0, Random(2))
    return list(takewhile(lambda act: act.event["occurred_at"] < DAYS * DAY, acts))


def test_acts_come_in_the_order_of_time_and_belong_to_no_pattern(lived: list[Happening]) -> None:
    assert all(a.event["occurred_at"] <= b.event["occurred_at"] for a, b in pairwise(lived))
    assert not any(act.pattern for act in lived)


def test_a_customer_does_some_five_things_a_day(lived: list[Happening]) -> None:
    assert len(lived) / CUSTOMERS / DAYS == pytest.approx(5, abs=0.5)


def test_transfers_happen_by_day_where_the_sender_lives(lived: list[Happening]) -> None:
    clock = WallClock()
    transfers = [act.event for act in lived if act.topic is TRANSFERS]
    hours = Counter(clock.hour(event["occurred_at"], event["sender_zone"]) for event in transfers)
    assert sum(hours[hour] for hour in (1, 2, 3, 4)) < 0.05 * hours.total()
    assert sum(hours[hour] for hour in range(10, 21)) > 0.5 * hours.total()


def test_nobody_pays_themselves_and_few_transfers_fail(lived: list[Happening]) -> None:
    transfers = [act.event for act in lived if act.topic is TRANSFERS]
    assert not [event for event in transfers if event["sender_id"] == event["recipient_id"]]
    assert 0 < sum(event["status"] == "FAILED" for event in transfers) < 0.04 * len(transfers)
    assert 0.05 < sum(event["card_id"] is not None for event in transfers) / len(transfers) < 0.15


def test_some_transfers_come_from_abroad_and_some_do_not_tell_where_from(lived: list[Happening]) -> None:
    transfers = [act.event for act in lived if act.topic is TRANSFERS]
    abroad = sum(event["ip_country"] != event["sender_country"] for event in transfers)
    assert 0 < abroad < 0.3 * len(transfers)
    assert all((event["lat"] is None) == (event["lon"] is None) for event in transfers)
    assert 0.3 < sum(event["lat"] is None for event in transfers) / len(transfers) < 0.5


def test_most_transfers_go_to_whom_the_sender_usually_pays_and_every_country_is_the_account_s(
    lived: list[Happening],
) -> None:
    population = Population(CUSTOMERS, 0, Random(1))
    usual = {one.account.account_id: {to.account_id for to in one.recipients.items} for one in population.customers}
    country = {account.account_id: account.country for account in population.accounts.items}
    transfers = [act.event for act in lived if act.topic is TRANSFERS]
    known = sum(event["recipient_id"] in usual[event["sender_id"]] for event in transfers)
    assert 0.85 <= known / len(transfers) < 0.95
    for event in transfers:
        assert event["sender_country"] == country[event["sender_id"]]
        assert event["recipient_country"] == country[event["recipient_id"]]


def test_a_device_that_was_added_is_one_of_the_customer_s() -> None:
    population = Population(60, 0, Random(1))
    known = {device for customer in population.customers for device in customer.devices}
    acts = Everyday(population, 0, Random(2))
    added = next(a for a in acts if a.topic is PROFILES and a.event["field"] == "DEVICE").event
    (customer,) = [c for c in population.customers if c.account.account_id == added["account_id"]]
    assert added["device_id"] not in known
    assert added["device_id"] in customer.devices
