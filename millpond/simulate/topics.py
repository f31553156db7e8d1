"""The topics of the simulated bank: their keys, and their columns in order, as DuckDB types."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

Event = dict[str, Any]
"""An event as its Avro schema has it: amounts Decimal, instants int ms UTC, fields in the order of the schema."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Topic:
    """Events of one kind.

    Attributes:
        name: of the topic, and of its schema's file.
        key: the field whose value is the key of a message.
        columns: field -> DuckDB type, in the order of the schema.
    """

    name: str
    key: str
    columns: Mapping[str, str]


class Happening(NamedTuple):
    """An event as it happened; `pattern` names the fraud that it belongs to, if any."""

    topic: Topic
    event: Event
    pattern: str | None = None


_MONEY: Final = "DECIMAL(18,2)"
_HEAD: Final = {"event_id": "VARCHAR", "occurred_at": "BIGINT"}

TRANSFERS: Final = Topic(
    name="payments.transfer.initiated.v1",
    key="sender_id",
    columns=_HEAD
    | {
        "sender_id": "VARCHAR", "recipient_id": "VARCHAR", "amount": _MONEY, "currency": "VARCHAR",
        "status": "VARCHAR", "device_id": "VARCHAR", "ip": "VARCHAR", "ip_country": "VARCHAR",
        "sender_country": "VARCHAR", "recipient_country": "VARCHAR", "sender_zone": "VARCHAR",
        "lat": "DOUBLE", "lon": "DOUBLE", "card_id": "VARCHAR", "card_country": "VARCHAR",
    },
)  # fmt: skip
CARDS: Final = Topic(
    name="payments.card.authorised.v1",
    key="card_id",
    columns=_HEAD
    | {
        "card_id": "VARCHAR", "account_id": "VARCHAR", "merchant_id": "VARCHAR", "amount": _MONEY,
        "currency": "VARCHAR", "approved": "BOOLEAN", "country": "VARCHAR",
    },
)  # fmt: skip
DOCUMENTS: Final = Topic(
    name="kyc.document.submitted.v1",
    key="account_id",
    columns=_HEAD
    | {
        "account_id": "VARCHAR", "document_hash": "VARCHAR", "document_type": "VARCHAR", "device_id": "VARCHAR",
        "result": "VARCHAR", "country": "VARCHAR",
    },
)  # fmt: skip
PROFILES: Final = Topic(
    name="accounts.profile.changed.v1",
    key="account_id",
    columns=_HEAD | {"account_id": "VARCHAR", "field": "VARCHAR", "device_id": "VARCHAR", "ip": "VARCHAR"},
)
REPORTS: Final = Topic(
    name="payments.fraud.reported.v1",
    key="sender_id",
    columns=_HEAD
    | {"transfer_id": "VARCHAR", "sender_id": "VARCHAR", "recipient_id": "VARCHAR", "is_fraud": "BOOLEAN"},
)
TOPICS: Final = (TRANSFERS, CARDS, DOCUMENTS, PROFILES, REPORTS)
