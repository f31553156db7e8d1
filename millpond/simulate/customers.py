"""The bank's customers and their habits; what of them changes with time stands in the customer."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final, TypeVar

from millpond.simulate.places import DAY, PLACES, Place
from millpond.simulate.zipf import Zipf

T = TypeVar("T")
MAX_DEVICES: Final = 3
MIN_CENTS: Final = 50
MAX_CENTS: Final = 5_000_000
_ASLEEP: Final = 0.03
_PAYEES_A_CUSTOMER: Final = 0.3
_MERCHANTS_A_CUSTOMER: Final = 0.2
_MERCHANTS_A_COUNTRY: Final = 5
_DAYS_BETWEEN_TRIPS: Final = 60
# A few customers pay in one of these as well.
_FOREIGN: Final = ("EUR", "USD", "GBP")
_DOCUMENTS: Final = ("PASSPORT", "ID_CARD", "DRIVING_LICENCE")


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can be paid: a customer, or an account elsewhere; `country` is where it is held."""

    account_id: str
    country: str


@dataclass(frozen=True, slots=True)
class Card:
    """A card; `country` is where it was issued."""

    card_id: str
    country: str


@dataclass(frozen=True, slots=True)
class Merchant:
    """Who takes cards, and where."""

    merchant_id: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Spot:
    """With what, and from where, somebody acts; lat and lon are degrees, None if the device does not tell."""

    device_id: str
    ip: str
    country: str
    lat: float | None = None
    lon: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """A stay abroad, from `starts` until `ends` (ms UTC), with the address it has there."""

    place: Place
    starts: int
    ends: int
    ip: str


@dataclass(slots=True, kw_only=True)
class Customer:
    """A customer.

    Attributes:
        account: the one it has at the bank.
        home: where it resides.
        activity: for every hour of the day at home, how likely it is awake and acts.
        currencies: it pays in, the usual one first.
        usual: what it usually pays, as the mean of the logarithm of cents.
        spread: the standard deviation of that logarithm.
        recipients: it usually pays, the most frequent first.
        merchants: it usually goes to, the most frequent first.
        cards: it has; the first is used most.
        document: hash and type of its identity document.
        devices: it uses now, the oldest first.
        ips: of its home, its work and its mobile network.
        trip: the present one, or the next.
    """

    account: Account
    home: Place
    activity: tuple[float, ...]
    currencies: tuple[str, ...]
    usual: float
    spread: float
    recipients: Zipf[Account]
    merchants: Zipf[Merchant]
    cards: tuple[Card, ...]
    document: tuple[str, str]
    devices: list[str]
    ips: list[str]
    trip: Trip = field(repr=False)

    def where(self, at: int, rng: Random) -> Place:
        """Where the customer is at an instant (ms UTC); asked in the order of time."""
        if at >= self.trip.ends:
            self.trip = next_trip(self.home, at, rng)
        return self.trip.place if at >= self.trip.starts else self.home

    def spot(self, at: int, rng: Random) -> Spot:
        """A device and address of the customer, where it is at an instant."""
        place = self.where(at, rng)
        ip = self.trip.ip if at >= self.trip.starts else rng.choice(self.ips)
        return spot_at(place, rng, device_id=rng.choice(self.devices), ip=ip)

    def cents(self, rng: Random) -> int:
        """A usual amount; every fourth is round, and one of 300 is large: a car, a kitchen, a deposit."""
        scale = rng.uniform(20, 150) if rng.random() < 1 / 300 else 1
        cents = min(max(int(rng.lognormvariate(self.usual, self.spread) * scale), MIN_CENTS), MAX_CENTS)
        if rng.random() < 0.25:
            step = 1_000 if cents < 20_000 else 5_000
            cents = max(step, round(cents / step) * step)
        return cents

    def currency(self, rng: Random) -> str:
        """The usual one, or now and then another that it has."""
        if len(self.currencies) == 1 or rng.random() < 0.7:
            return self.currencies[0]
        return rng.choice(self.currencies[1:])

    def add_device(self, device_id: str) -> None:
        """The customer has a new device, and puts the oldest away if there are too many."""
        self.devices = [*self.devices, device_id][-MAX_DEVICES:]


class Population:
    """Everybody there is.

    Attributes:
        customers: in no order.
        senders: the customers, some far more active than others.
        accounts: all that can be paid, some far more popular than others.
        nearby: country -> its merchants, some far more popular than others.
    """

    def __init__(self, count: int, start: int, rng: Random) -> None:
        numbers = list(range(count + int(count * _PAYEES_A_CUSTOMER)))
        rng.shuffle(numbers)
        places = Zipf(PLACES, 0.9)
        homes = [places.pick(rng) for _ in range(count)]
        held = [Account(f"acc-{n:07}", home.country) for n, home in zip(numbers, homes, strict=False)]
        payees = [Account(f"acc-{n:07}", places.pick(rng).country) for n in numbers[count:]]
        self.accounts = Zipf(_shuffled([*held, *payees], rng), 0.9)
        merchants = _merchants(int(count * _MERCHANTS_A_CUSTOMER), places, rng)
        self.nearby = {place.country: Zipf([m for m in merchants if m.place is place], 0.8) for place in PLACES}
        self.customers = [
            _customer(account, home, start, self.accounts, self.nearby[home.country], rng)
            for account, home in zip(held, homes, strict=True)
        ]
        self.senders = Zipf(_shuffled(self.customers, rng), 0.8)


def token(prefix: str, rng: Random) -> str:
    """A new id: 64 random bits, so that it tells nothing."""
    return f"{prefix}-{rng.getrandbits(64):016x}"


def new_ip(rng: Random) -> str:
    """An address of the private range 10.0.0.0/8: nobody's."""
    bits = rng.getrandbits(24)
    return f"10.{bits >> 16}.{bits >> 8 & 255}.{bits & 255}"


def spot_at(place: Place, rng: Random, *, device_id: str, ip: str) -> Spot:
    """A device within some kilometres of a place; two of five do not tell where."""
    if rng.random() < 0.4:
        return Spot(device_id=device_id, ip=ip, country=place.country)
    lat, lon = place.lat + rng.uniform(-0.15, 0.15), place.lon + rng.uniform(-0.15, 0.15)
    return Spot(device_id=device_id, ip=ip, country=place.country, lat=round(lat, 4), lon=round(lon, 4))


def next_trip(home: Place, at: int, rng: Random) -> Trip:
    """A customer's next stay abroad, of 2 to 10 days, some weeks after an instant (ms UTC)."""
    starts = at + int(rng.expovariate(1 / (_DAYS_BETWEEN_TRIPS * DAY)))
    place = abroad(home, rng)
    return Trip(place=place, starts=starts, ends=starts + rng.randrange(2 * DAY, 10 * DAY), ip=new_ip(rng))


def abroad(home: Place, rng: Random) -> Place:
    """Any other place."""
    return rng.choice([place for place in PLACES if place is not home])


def new_document(rng: Random) -> tuple[str, str]:
    """Hash and type of a document."""
    return f"{rng.getrandbits(256):064x}", rng.choice(_DOCUMENTS)


def _customer(
    account: Account, home: Place, start: int, accounts: Zipf[Account], nearby: Zipf[Merchant], rng: Random
) -> Customer:
    known = {account}
    recipients: list[Account] = []
    for _ in range(rng.randint(3, 12)):
        candidate = accounts.pick(rng)
        if candidate not in known:
            known.add(candidate)
            recipients.append(candidate)
    return Customer(
        account=account,
        home=home,
        activity=_activity(rng),
        currencies=(home.currency, *(c for c in _FOREIGN if c != home.currency and rng.random() < 0.03)),
        usual=rng.gauss(math.log(6_000), 0.8),
        spread=rng.uniform(0.5, 1.0),
        recipients=Zipf(recipients or [next(a for a in accounts.items if a is not account)], 0.8),
        merchants=Zipf([nearby.pick(rng) for _ in range(rng.randint(5, 15))], 0.8),
        cards=tuple(Card(token("card", rng), home.country) for _ in range(rng.randint(1, 3))),
        document=new_document(rng),
        devices=[token("dev", rng) for _ in range(rng.randint(1, MAX_DEVICES))],
        ips=[new_ip(rng) for _ in range(rng.randint(2, 4))],
        trip=next_trip(home, start, rng),
    )


def _activity(rng: Random) -> tuple[float, ...]:
    wakes, sleeps = rng.randint(5, 10), rng.randint(21, 25)
    awake = {hour % 24 for hour in range(wakes, sleeps)}
    return tuple(1.0 if hour in awake else _ASLEEP for hour in range(24))


def _merchants(count: int, places: Zipf[Place], rng: Random) -> list[Merchant]:
    everywhere = [place for place in PLACES for _ in range(_MERCHANTS_A_COUNTRY)]
    rest = [places.pick(rng) for _ in range(count)]
    return [Merchant(f"mer-{number:06}", place) for number, place in enumerate(_shuffled([*everywhere, *rest], rng))]


def _shuffled(items: Sequence[T], rng: Random) -> list[T]:
    return rng.sample(items, len(items))
