"""What honest customers do, one act after the other in the order of time."""

from bisect import bisect
from collections.abc import Iterator
from random import Random
from typing import Final

from millpond.simulate import events
from millpond.simulate.customers import Customer, Population, new_document, new_ip, token
from millpond.simulate.places import DAY, WallClock
from millpond.simulate.topics import Happening

EVENTS_A_CUSTOMER_A_DAY: Final = 5  # on average, with copies and frauds: what the tries below come to
# Those that fall into sleep are dropped.
TRIES_A_CUSTOMER_A_DAY: Final = 7.5
# Of all tries, up to these shares are of a card, a transfer, a change of a profile; what remains are documents.
_UP_TO: Final = (0.588, 0.994, 0.998)
# The kinds of which few customers do most.
_SKEWED: Final = 2


class Everyday:
    """Acts of honest customers, from an instant (ms UTC) on without an end.

    They come as a Poisson process of the whole bank; an act that falls into its customer's sleep is dropped.
    """

    def __init__(self, population: Population, start: int, rng: Random) -> None:
        self._population = population
        self._start = start
        self._rng = rng
        self._clock = WallClock()

    def __iter__(self) -> Iterator[Happening]:
        rng, population, clock = self._rng, self._population, self._clock
        acts = (self._authorisation, self._transfer, self._profile, self._document)
        rate = len(population.customers) * TRIES_A_CUSTOMER_A_DAY / DAY
        moment = float(self._start)
        while True:
            moment += rng.expovariate(rate)
            at = int(moment)
            kind = bisect(_UP_TO, rng.random())
            customer = population.senders.pick(rng) if kind < _SKEWED else rng.choice(population.customers)
            if rng.random() < customer.activity[clock.hour(at, customer.home.zone)]:
                yield acts[kind](at, customer)

    def _authorisation(self, at: int, customer: Customer) -> Happening:
        rng = self._rng
        place = customer.where(at, rng)
        merchants = customer.merchants if place is customer.home else self._population.nearby[place.country]
        card = customer.cards[0] if rng.random() < 0.7 else rng.choice(customer.cards)
        cents = max(100, customer.cents(rng) // 2)
        approved = rng.random() >= 0.03
        return events.authorisation(rng, at, customer, card, merchants.pick(rng), cents, approved=approved)

    def _transfer(self, at: int, customer: Customer) -> Happening:
        rng = self._rng
        known = rng.random() < 0.85
        recipient = (customer.recipients if known else self._population.accounts).pick(rng)
        if recipient is customer.account:
            recipient = customer.recipients.items[0]
        return events.transfer(
            rng,
            at,
            customer,
            recipient,
            customer.cents(rng),
            spot=customer.spot(at, rng),
            currency=customer.currency(rng),
            failed=rng.random() < 0.02,
            card=rng.choice(customer.cards) if rng.random() < 0.1 else None,
        )

    def _profile(self, at: int, customer: Customer) -> Happening:
        rng = self._rng
        field, spot = rng.choice(events.FIELDS), customer.spot(at, rng)
        device_id = spot.device_id
        if field == "DEVICE":
            device_id = token("dev", rng)
            customer.add_device(device_id)
        elif field == "ADDRESS":
            customer.ips[0] = new_ip(rng)
        return events.profile(rng, at, customer, field, device_id=device_id, ip=spot.ip)

    def _document(self, at: int, customer: Customer) -> Happening:
        rng = self._rng
        if rng.random() < 0.3:
            customer.document = new_document(rng)
        return events.document(
            rng,
            at,
            customer,
            customer.document,
            device_id=rng.choice(customer.devices),
            country=customer.home.country,
            accepted=rng.random() >= 0.08,
        )
