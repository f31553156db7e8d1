"""Records of a topic: written in any schema that the source reads, and refused for the reasons of a job."""

import io
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import fastavro
import pytest

from millpond.define.compiler import compile_pool
from millpond.materialize.decode import Decoder
from millpond.plan.errors import MillpondError
from millpond.plan.model import SourcePlan
from tests.unit.define.sample import RIGHT

SCHEMA: Final = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text("utf-8"))
AT: Final = datetime(2024, 1, 1, 12, 0, 0, 1_000, UTC)
SALE: Final[dict[str, Any]] = {
    "sale_id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "sold_at": AT, "paid_at": AT.replace(microsecond=1_999),
    "customer_id": None, "store_id": 7, "article_id": 8, "channel": "WEB", "returned_by": None,
    "amount": Decimal("9.99"), "discount": None, "fee": Decimal("0.0001"), "quantity": 1, "count": None,
    "weight": 0.5, "rating": 1.5, "gift": True, "tags": [], "extra": {"a": "x"},
    "address": {"city": "Oslo", "count": None, "lines": [], "place": {"lat": 1.0, "lon": 2.0}},
    "billed_to": None, "digest": bytes(16), "raw": b"", "day": AT.date(), "either": None,
}  # fmt: skip
PATHS: Final = ("sale_id", "sold_at", "paid_at", "store_id", "amount", "rating", "gift", "address.place.lon",
                "billed_to.city", 'extra["a"]', 'extra["b"]', "channel")  # fmt: skip


@pytest.fixture(scope="module")
def source() -> SourcePlan:
    return compile_pool(RIGHT).view("shop.customer").source


def decoder(source: SourcePlan, schemas: Mapping[int, Any]) -> Decoder:
    return Decoder(source, PATHS, schemas.get)


def wire(sale: Mapping[str, Any], schema: Any = SCHEMA, number: int = 7) -> bytes:
    body = io.BytesIO()
    fastavro.schemaless_writer(body, fastavro.parse_schema(schema), dict(sale))
    return b"\0" + number.to_bytes(4, "big") + body.getvalue()


def test_values_are_found_by_their_paths(source: SourcePlan) -> None:
    assert decoder(source, {7: SCHEMA}).decode(wire(SALE)) == {
        "sale_id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8",
        "sold_at": 1_704_110_400_001,
        "paid_at": 1_704_110_400_001,
        "store_id": 7,
        "amount": Decimal("9.99"),
        "rating": 1.5,
        "gift": True,
        "address.place.lon": 2.0,
        "billed_to.city": None,
        'extra["a"]': "x",
        'extra["b"]': None,
        "channel": "WEB",
    }


def test_a_writer_of_other_units_and_fields_is_read_as_the_same_values(source: SourcePlan) -> None:
    fields = [field for field in SCHEMA["fields"] if field["name"] not in ("gift", "quantity")]
    (at,) = (place for place, field in enumerate(fields) if field["name"] == "sold_at")
    fields[at] = {"name": "sold_at", "type": {"type": "long", "logicalType": "timestamp-micros"}}
    written = {**SCHEMA, "fields": [{"name": "till", "type": "string"}, *fields]}
    sale = {**SALE, "till": "t1", "sold_at": AT.replace(microsecond=1_999)}
    found = decoder(source, {9: written}).decode(wire(sale, written, 9))
    assert isinstance(found, Mapping)
    assert (found["sold_at"], found["gift"], found["amount"]) == (1_704_110_400_001, False, Decimal("9.99"))


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (None, "null_value"),
        (b"", "bad_magic"),
        (b"\1" + wire(SALE)[1:], "bad_magic"),
        (b"\0\0\0", "truncated"),
        (wire(SALE)[:-30], "truncated"),
        (wire(SALE) + b"\0", "undecodable"),
        (b"\0\0\0\0\7\4\xff\xfe" + bytes(40), "undecodable"),
        (wire(SALE, number=8), "unknown_schema"),
        (wire({**SALE, "rating": float("inf")}), "non_finite"),
        (wire({**SALE, "address": {**SALE["address"], "place": {"lat": float("nan"), "lon": 0.0}}}), "non_finite"),
    ],
)
def test_what_is_no_event_is_refused_with_its_reason(source: SourcePlan, value: bytes | None, reason: str) -> None:
    assert decoder(source, {7: SCHEMA}).decode(value) == reason


def test_wherever_a_record_is_cut_it_is_truncated(source: SourcePlan) -> None:
    whole = wire({**SALE, "count": 2**40, "either": 2**40})
    known = decoder(source, {7: SCHEMA})
    assert not isinstance(known.decode(whole), str)
    assert {known.decode(whole[:end]) for end in range(5, len(whole))} == {"truncated"}


def test_a_decimal_with_more_digits_than_its_type_is_refused(source: SourcePlan) -> None:
    text = json.dumps(SCHEMA).replace('"precision": 10', '"precision": 12')
    assert decoder(source, {7: SCHEMA}).decode(wire({**SALE, "amount": Decimal("123456789.00")}, json.loads(text))) == (
        "undecodable"
    )


def test_a_schema_that_the_source_cannot_read_is_an_error(source: SourcePlan) -> None:
    written = json.loads(json.dumps(SCHEMA).replace('"precision": 10', '"precision": 12'))
    with pytest.raises(MillpondError, match="schema 7 of the registry: it is decimal"):
        decoder(source, {7: written}).decode(wire(SALE, written))


@pytest.mark.parametrize("text", ["sale 7", "6BA7B810-9DAD-11D1-80B4-00C04FD430C8", ""])
def test_a_text_that_is_said_to_be_a_uuid_is_the_text_that_it_is(source: SourcePlan, text: str) -> None:
    plain = json.loads(json.dumps(SCHEMA).replace('"logicalType": "uuid"', '"said": "uuid"'))
    assert plain != SCHEMA
    found = decoder(source, {7: SCHEMA}).decode(wire(SALE | {"sale_id": text}, plain))
    assert not isinstance(found, str)
    assert found["sale_id"] == text
