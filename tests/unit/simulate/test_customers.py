"""Habits, and what changes of them."""

from random import Random

import pytest

from millpond.simulate.customers import MAX_CENTS, MAX_DEVICES, MIN_CENTS, Customer, Population
from millpond.simulate.places import DAY, PLACES


@pytest.fixture(scope="module")
def population() -> Population:
    return Population(400, 0, Random(1))


def test_every_customer_has_what_it_needs_and_never_pays_itself(population: Population) -> None:
    for customer in population.customers:
        assert 1 <= len(customer.devices) <= MAX_DEVICES
        assert 1 <= len(customer.cards) <= 3
        assert 2 <= len(customer.ips) <= 4
        assert customer.merchants.items and customer.recipients.items
        assert customer.account not in customer.recipients.items
        assert customer.account.country == customer.home.country
        assert all(merchant.place is customer.home for merchant in customer.merchants.items)


def test_account_ids_are_unique_and_every_country_has_merchants(population: Population) -> None:
    ids = [account.account_id for account in population.accounts.items]
    assert len(set(ids)) == len(ids) == 520
    assert all(population.nearby[place.country].items for place in PLACES)


def test_a_few_customers_have_several_currencies(population: Population) -> None:
    several = sum(len(customer.currencies) > 1 for customer in population.customers)
    assert 0 < several < 0.2 * len(population.customers)


def test_customers_sleep_some_hours_of_the_night(population: Population) -> None:
    for customer in population.customers:
        asleep = {hour for hour, activity in enumerate(customer.activity) if activity < 1}
        assert {1, 2, 3, 4} <= asleep
        assert 1.0 in customer.activity


def test_a_trip_is_abroad_and_ends(population: Population) -> None:
    customer, rng = population.customers[0], Random(2)
    trip = customer.trip
    assert customer.where(trip.starts - 1, rng) is customer.home
    assert customer.where(trip.starts, rng) is trip.place is not customer.home
    assert customer.spot(trip.ends - 1, rng).country == trip.place.country
    assert customer.where(trip.ends, rng) is customer.home or customer.trip.starts == trip.ends
    assert customer.trip.starts >= trip.ends
    assert 2 * DAY <= trip.ends - trip.starts < 10 * DAY


def test_the_oldest_device_goes_when_there_are_too_many(population: Population) -> None:
    customer = population.customers[1]
    before = customer.devices[-1]
    for number in range(MAX_DEVICES):
        customer.add_device(f"dev-{number}")
    assert before not in customer.devices
    assert customer.devices == [f"dev-{number}" for number in range(MAX_DEVICES)]


def test_amounts_have_bounds_and_some_are_round(population: Population) -> None:
    rng = Random(3)
    cents = [customer.cents(rng) for customer in population.customers for _ in range(50)]
    assert min(cents) >= MIN_CENTS and max(cents) <= MAX_CENTS
    assert 0 < sum(900_000 <= c < 1_000_000 for c in cents) < 0.002 * len(cents)
    assert 0.2 < sum(c % 1_000 == 0 for c in cents) / len(cents) < 0.35


def currencies(customer: Customer) -> set[str]:
    rng = Random(4)
    return {customer.currency(rng) for _ in range(200)}


def test_every_currency_is_used(population: Population) -> None:
    assert all(currencies(customer) == set(customer.currencies) for customer in population.customers)
