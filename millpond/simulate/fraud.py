"""Patterns of fraud: each begins at an instant and yields what belongs to it, in no order, at that instant or later."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import count
from random import Random
from typing import ClassVar, Final

from millpond.simulate import events
from millpond.simulate.customers import (
    MAX_CENTS,
    Account,
    Customer,
    Merchant,
    Population,
    abroad,
    new_document,
    new_ip,
    spot_at,
    token,
)
from millpond.simulate.places import DAY, HOUR, MINUTE, Place, WallClock
from millpond.simulate.topics import Happening

INCIDENTS_A_CUSTOMER_A_DAY: Final = 0.001
THRESHOLD_CENTS: Final = 1_000_000
SECOND: Final = 1_000


class Pattern(ABC):
    """A way to defraud.

    Attributes:
        name: as the ground truth has it.
    """

    name: ClassVar[str]

    def __init__(self, population: Population, rng: Random) -> None:
        self.population = population
        self.rng = rng

    @abstractmethod
    def incident(self, at: int) -> Iterator[Happening]:
        """All events of one case that begins at an instant (ms UTC) or soon after."""

    def customer(self) -> Customer:
        """Somebody it happens to, or who does it."""
        return self.rng.choice(self.population.customers)

    def stranger(self, *senders: Customer) -> Account:
        """An account that is none of the senders', and that none of them usually pays."""
        known = {account for sender in senders for account in (sender.account, *sender.recipients.items)}
        while (account := self.rng.choice(self.population.accounts.items)) in known:
            pass
        return account


class Mules(Pattern):
    """Many people are talked into paying one account, and within the hour nearly all of it goes on."""

    name = "mule"

    def incident(self, at: int) -> Iterator[Happening]:
        """Eight to twenty senders within a few hours, then two to four transfers onwards."""
        rng = self.rng
        mule, *senders = rng.sample(self.population.customers, 1 + rng.randint(8, 20))
        last, total = at, 0
        within = rng.randrange(HOUR, 6 * HOUR)
        for sender in senders:
            moment, cents = at + rng.randrange(within), rng.randrange(20_000, 250_000)
            last, total = max(last, moment), total + cents
            spot = spot_at(sender.home, rng, device_id=rng.choice(sender.devices), ip=rng.choice(sender.ips))
            yield events.transfer(
                rng, moment, sender, mule.account, cents,
                spot=spot, currency=mule.currencies[0], pattern=self.name,
            )  # fmt: skip
        spot = spot_at(mule.home, rng, device_id=rng.choice(mule.devices), ip=rng.choice(mule.ips))
        parts = rng.randint(2, 4)
        for _ in range(parts):
            moment, cents = last + rng.randrange(5 * MINUTE, 50 * MINUTE), int(total * rng.uniform(0.90, 0.98)) // parts
            yield events.transfer(rng, moment, mule, self.stranger(mule, *senders), cents, spot=spot, pattern=self.name)


class StolenCards(Pattern):
    """A card is tried abroad, ever more boldly, and then funds transfers from an accomplice's account."""

    name = "stolen_card"

    def incident(self, at: int) -> Iterator[Happening]:
        """Six to fifteen authorisations within half an hour, two of five declined, then one to three transfers."""
        rng = self.rng
        victim = self.customer()
        card, place = rng.choice(victim.cards), abroad(victim.home, rng)
        tries = rng.randint(6, 15)
        declined = set(rng.sample(range(tries), round(tries * 0.4)))
        moment = at
        for number in range(tries):
            moment += rng.randrange(5 * SECOND, 2 * MINUTE)
            cents = rng.randrange(100, 500) if number < 3 else rng.randrange(2_000, 60_000)
            yield events.authorisation(
                rng, moment, victim, card, self._merchant(place), cents,
                approved=number not in declined, pattern=self.name,
            )  # fmt: skip
        accomplice = self._accomplice(victim)
        device_id, ip = token("dev", rng), new_ip(rng)
        for _ in range(rng.randint(1, 3)):
            moment += rng.randrange(MINUTE, 20 * MINUTE)
            yield events.transfer(
                rng, moment, accomplice, self.stranger(accomplice, victim), rng.randrange(20_000, 200_000),
                spot=spot_at(place, rng, device_id=device_id, ip=ip), card=card, pattern=self.name,
            )  # fmt: skip

    def _merchant(self, place: Place) -> Merchant:
        return self.population.nearby[place.country].pick(self.rng)

    def _accomplice(self, victim: Customer) -> Customer:
        while (found := self.customer()) is victim:
            pass
        return found


class Takeovers(Pattern):
    """Somebody takes over an account while its holder sleeps, and empties it."""

    name = "takeover"

    def __init__(self, population: Population, rng: Random) -> None:
        super().__init__(population, rng)
        self._clock = WallClock()

    def incident(self, at: int) -> Iterator[Happening]:
        """At night, from a new device and address abroad: password, device and phone; then two to five transfers."""
        rng = self.rng
        victim = self.customer()
        spot = spot_at(abroad(victim.home, rng), rng, device_id=token("dev", rng), ip=new_ip(rng))
        moment = self._clock.next_hour(at, victim.home.zone, rng.randint(1, 3)) + rng.randrange(20 * MINUTE)
        for field in ("PASSWORD", "DEVICE", rng.choice(("PHONE", "EMAIL"))):
            moment += rng.randrange(20 * SECOND, 3 * MINUTE)
            yield events.profile(rng, moment, victim, field, device_id=spot.device_id, ip=spot.ip, pattern=self.name)
        for _ in range(rng.randint(2, 5)):
            moment += rng.randrange(MINUTE, 10 * MINUTE)
            cents = min(max(20_000, int(victim.cents(rng) * rng.uniform(3, 10))), MAX_CENTS)
            yield events.transfer(rng, moment, victim, self.stranger(victim), cents, spot=spot, pattern=self.name)


class Structuring(Pattern):
    """A sum that would have to be declared is sent as several, each just below the threshold of 10,000."""

    name = "structuring"

    def incident(self, at: int) -> Iterator[Happening]:
        """Four to nine transfers of 9,000 to 9,999.99 within three days, to one to three recipients."""
        rng = self.rng
        sender = self.customer()
        recipients = [self.stranger(sender) for _ in range(rng.randint(1, 3))]
        for _ in range(rng.randint(4, 9)):
            spot = spot_at(sender.home, rng, device_id=rng.choice(sender.devices), ip=rng.choice(sender.ips))
            cents = rng.randrange(THRESHOLD_CENTS * 9 // 10, THRESHOLD_CENTS)
            moment = at + rng.randrange(3 * DAY)
            yield events.transfer(rng, moment, sender, rng.choice(recipients), cents, spot=spot, pattern=self.name)


class Bursts(Pattern):
    """A program sends very many very small transfers to find out what goes through."""

    name = "burst"

    def incident(self, at: int) -> Iterator[Happening]:
        """Thirty to eighty transfers of at most 5.00 within ten minutes from one device; more than half fail."""
        rng = self.rng
        sender = self.customer()
        spot = spot_at(sender.home, rng, device_id=token("dev", rng), ip=new_ip(rng))
        size = rng.randint(30, 80)
        failed = set(rng.sample(range(size), round(size * rng.uniform(0.55, 0.75))))
        for number in range(size):
            yield events.transfer(
                rng, at + rng.randrange(10 * MINUTE), sender, self.stranger(sender), rng.randrange(50, 501),
                spot=spot, failed=number in failed, pattern=self.name,
            )  # fmt: skip


class DocumentFarms(Pattern):
    """One forged document is shown for many accounts."""

    name = "document_farm"

    def incident(self, at: int) -> Iterator[Happening]:
        """The same document for four to twelve accounts within two hours, from one device; rejected each time."""
        rng = self.rng
        forged, device_id = new_document(rng), token("dev", rng)
        country = self.customer().home.country
        for customer in rng.sample(self.population.customers, rng.randint(4, 12)):
            yield events.document(
                rng, at + rng.randrange(2 * HOUR), customer, forged,
                device_id=device_id, country=country, accepted=False, pattern=self.name,
            )  # fmt: skip


PATTERNS: Final = (Mules, StolenCards, Takeovers, Structuring, Bursts, DocumentFarms)


def incidents(population: Population, start: int, rng: Random) -> Iterator[tuple[int, list[Happening]]]:
    """Cases from an instant on without an end, each with the instant (ms UTC) before which none of it happens.

    They come as a Poisson process; of six in a row each is of another pattern.
    """
    patterns = [pattern(population, rng) for pattern in PATTERNS]
    rate = len(population.customers) * INCIDENTS_A_CUSTOMER_A_DAY / DAY
    moment = float(start)
    for number in count():
        if number % len(patterns) == 0:
            rng.shuffle(patterns)
        moment += rng.expovariate(rate)
        yield int(moment), list(patterns[number % len(patterns)].incident(int(moment)))
