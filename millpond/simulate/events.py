"""Events as their schemas have them, made of who does what, when and where."""

from decimal import Decimal
from random import Random
from typing import Final

from millpond.simulate.customers import Account, Card, Customer, Merchant, Spot
from millpond.simulate.topics import CARDS, DOCUMENTS, PROFILES, REPORTS, TRANSFERS, Event, Happening

FIELDS: Final = ("ADDRESS", "PHONE", "EMAIL", "PASSWORD", "DEVICE")


def transfer(
    rng: Random,
    at: int,
    sender: Customer,
    recipient: Account,
    cents: int,
    *,
    spot: Spot,
    currency: str | None = None,
    failed: bool = False,
    card: Card | None = None,
    pattern: str | None = None,
) -> Happening:
    """A transfer at an instant (ms UTC); in the sender's usual currency unless another is named."""
    event = {
        "event_id": event_id(rng),
        "occurred_at": at,
        "sender_id": sender.account.account_id,
        "recipient_id": recipient.account_id,
        "amount": money(cents),
        "currency": currency or sender.currencies[0],
        "status": "FAILED" if failed else "COMPLETED",
        "device_id": spot.device_id,
        "ip": spot.ip,
        "ip_country": spot.country,
        "sender_country": sender.home.country,
        "recipient_country": recipient.country,
        "sender_zone": sender.home.zone,
        "lat": spot.lat,
        "lon": spot.lon,
        "card_id": card and card.card_id,
        "card_country": card and card.country,
    }
    return Happening(TRANSFERS, event, pattern)


def authorisation(
    rng: Random,
    at: int,
    owner: Customer,
    card: Card,
    merchant: Merchant,
    cents: int,
    *,
    approved: bool,
    pattern: str | None = None,
) -> Happening:
    """A merchant's question about a card, in the merchant's currency."""
    event = {
        "event_id": event_id(rng),
        "occurred_at": at,
        "card_id": card.card_id,
        "account_id": owner.account.account_id,
        "merchant_id": merchant.merchant_id,
        "amount": money(cents),
        "currency": merchant.place.currency,
        "approved": approved,
        "country": merchant.place.country,
    }
    return Happening(CARDS, event, pattern)


def document(
    rng: Random,
    at: int,
    customer: Customer,
    of: tuple[str, str],
    *,
    device_id: str,
    country: str,
    accepted: bool,
    pattern: str | None = None,
) -> Happening:
    """A document, given as its hash and type, shown for an account."""
    event = {
        "event_id": event_id(rng),
        "occurred_at": at,
        "account_id": customer.account.account_id,
        "document_hash": of[0],
        "document_type": of[1],
        "device_id": device_id,
        "result": "ACCEPTED" if accepted else "REJECTED",
        "country": country,
    }
    return Happening(DOCUMENTS, event, pattern)


def profile(
    rng: Random, at: int, customer: Customer, field: str, *, device_id: str, ip: str, pattern: str | None = None
) -> Happening:
    """A change of one thing of a profile."""
    event = {
        "event_id": event_id(rng),
        "occurred_at": at,
        "account_id": customer.account.account_id,
        "field": field,
        "device_id": device_id,
        "ip": ip,
    }
    return Happening(PROFILES, event, pattern)


def report(rng: Random, at: int, of: Event, *, is_fraud: bool) -> Happening:
    """What is reported about a transfer at an instant (ms UTC)."""
    event = {
        "event_id": event_id(rng),
        "occurred_at": at,
        "transfer_id": of["event_id"],
        "sender_id": of["sender_id"],
        "recipient_id": of["recipient_id"],
        "is_fraud": is_fraud,
    }
    return Happening(REPORTS, event)


def event_id(rng: Random) -> str:
    """A new event id: 128 random bits, so that two alike are not to be met."""
    return f"{rng.getrandbits(128):032x}"


def money(cents: int) -> Decimal:
    """Cents as an amount with two digits."""
    return Decimal(cents).scaleb(-2)
