"""Lines as a till would send them: what any Avro reader gets back."""

import io
import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import fastavro
import pytest

from millpond.demo.encode import LineEncoder
from millpond.demo.lines import Line

SCHEMA = (Path(__file__).parents[3] / "schemas" / "retail.line.sold.v1.avsc").read_text("utf-8")


def line(paid: int = 250, *, number: int = 1, sold_at: int = 1_483_271_606_000, household: int = 900) -> Line:
    return (number, sold_at, household, 330, "31198570044", "1095275", 2, paid, 0, 50)


@pytest.mark.parametrize(
    ("cents", "money"),
    [
        (0, "0.00"),
        (1, "0.01"),
        (127, "1.27"),
        (128, "1.28"),
        (255, "2.55"),
        (32768, "327.68"),
        (99_999_999, "999999.99"),
    ],
)
def test_a_line_reads_back_by_the_registered_schema(cents: int, money: str) -> None:
    data = LineEncoder(SCHEMA, 7).encode(line(cents), event_id="1", sold_at=1_483_271_606_000)
    assert data[:5] == b"\0\0\0\0\7"
    body = io.BytesIO(data[5:])
    read = fastavro.schemaless_reader(body, fastavro.parse_schema(json.loads(SCHEMA)), None)
    assert body.read() == b""
    assert read == {
        "event_id": "1",
        "sold_at": datetime(2017, 1, 1, 11, 53, 26, tzinfo=UTC),
        "household_id": 900,
        "store_id": 330,
        "basket_id": "31198570044",
        "product_id": "1095275",
        "quantity": 2,
        "paid": Decimal(money),
        "shelf_discount": Decimal("0.00"),
        "coupon_discount": Decimal("0.50"),
    }


def test_a_till_without_a_clock_sends_null() -> None:
    data = LineEncoder(SCHEMA, 7).encode(line(), event_id="1", sold_at=None)
    read = fastavro.schemaless_reader(io.BytesIO(data[5:]), fastavro.parse_schema(json.loads(SCHEMA)), None)
    assert isinstance(read, dict)
    assert read["sold_at"] is None
