"""Payments: the same ones for the same numbers, as Avro in the wire format."""

import io
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import fastavro

from millpond.materialize.rewrite import physical, unscaled

SCHEMA: Final = Path(__file__).parent / "pool" / "schemas" / "payments.payment.made.v1.avsc"
CHANNELS: Final = ("CHIP", "CHIP", "CHIP", "WEB", "PHONE")


class Payment(NamedTuple):
    """One event; `amount` is in cents, `made_at` in ms."""

    event_id: str
    made_at: int
    card_id: str
    merchant_id: str
    device_id: str
    amount: int
    channel: str


class Keys(NamedTuple):
    """How many different cards, merchants and devices there are."""

    cards: int = 20_000
    merchants: int = 500
    devices: int = 2_000

    def times(self, factor: int) -> "Keys":
        """As many times each."""
        return Keys(*(number * factor for number in self))


def payments(count: int, *, keys: Keys, start: int, seed: int = 1, prefix: str = "p") -> Iterator[Payment]:
    """`count` payments, one a millisecond from `start` (ms) on; half of them go to an eighth of the keys."""
    draw = random.Random(seed)

    def number(of: int) -> int:
        return int(of * draw.random() ** 3)

    for i in range(count):
        yield Payment(
            f"{prefix}{i}",
            start + i,
            f"card-{number(keys.cards)}",
            f"merchant-{number(keys.merchants)}",
            f"device-{number(keys.devices)}",
            draw.randrange(100, 100_000),
            CHANNELS[draw.randrange(len(CHANNELS))],
        )


class Encoder:
    """Writes payments under a registered schema.

    Args:
        schema_id: its id in the registry.
    """

    def __init__(self, schema_id: int) -> None:
        self._header = b"\0" + schema_id.to_bytes(4, "big")
        schema = json.loads(SCHEMA.read_text("utf-8"))
        # Without logical types fastavro takes money as the bytes made below, which is three times as fast.
        self._schema: Any = fastavro.parse_schema(physical(schema))

    def encode(self, payment: Payment) -> bytes:
        """One payment."""
        buffer = io.BytesIO(self._header)
        buffer.seek(len(self._header))
        amount = unscaled(payment.amount)
        fastavro.schemaless_writer(buffer, self._schema, {**payment._asdict(), "amount": amount})
        return buffer.getvalue()
