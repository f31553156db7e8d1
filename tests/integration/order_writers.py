"""What producers make of the orders' schema in years: each change, an event in it, and what must come of it."""

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from tests.integration.flink_world import Row, wire
from tests.integration.orders import CUSTOMER, KIND, NOON, ORDER, SCHEMA, Schema, decimal, instant

Change = Callable[[Any], object]


def changed(**fields: Any) -> Row:
    """The order with some fields of it changed; `customer__balance=` is in a record."""
    event = copy.deepcopy(ORDER)
    for name, value in fields.items():
        *way, last = name.split("__")
        inner = event
        for step in way:
            inner = inner[step]
        inner[last] = value
    return event


def evolved(*changes: tuple[str, Change]) -> Schema:
    """The schema, with changes to what stands at some paths: a field, or a record's list of fields."""
    schema = copy.deepcopy(SCHEMA)
    for path, change in changes:
        change(_at(schema, path))
    return schema


def _at(schema: Any, path: str) -> Any:
    """A field by its path; the list of fields of a record where the path ends in a dot."""
    here: Any = schema
    for step in path.split("."):
        fields = _record(here)["fields"]
        if not step:
            return fields
        (here,) = [one for one in fields if one["name"] == step]
    return here


def _record(found: Any) -> Any:
    if "fields" in found:
        return found
    type = found["type"]
    (record,) = [one for one in (type if isinstance(type, list) else [type]) if isinstance(one, dict)]
    return record["values"] if record["type"] == "map" else record


def typed(type: Any) -> Change:
    """The field has another type."""
    return lambda at: at.update(type=type)


def without(*names: str) -> Change:
    """The record lacks fields."""

    def change(fields: Any) -> None:
        fields[:] = [one for one in fields if one["name"] not in names]

    return change


@dataclass(frozen=True, kw_only=True)
class Written:
    """A writer schema, an event in it, and what must come of it.

    Attributes:
        says: values by path that are not those of the event as it was written.
        refused: the reason of the dead letter; empty where the event is read.
        detail: what the dead letter says besides.
        differs: the paths that a check of the registry refuses.
        body: what stands in place of the event's last byte, an empty block.
    """

    schema: Schema
    event: Row = field(default_factory=changed)
    says: Row = field(default_factory=dict)
    refused: str = ""
    detail: str = ""
    differs: tuple[str, ...] = ()
    body: bytes = b""

    def wire(self, schema_id: int, case: str, arrival: int) -> bytes:
        event = {**self.event, "case_id": case}
        if isinstance(event.get("header"), dict):
            event["header"] = {**event["header"], "id": case}
        whole = wire(schema_id, self.schema, event)
        return whole[:-1] + self.body if self.body else whole


def _varint(number: int) -> bytes:
    zigzag = (number << 1) ^ (number >> 63)
    out = b""
    while zigzag > 0x7F:
        out += bytes([zigzag & 0x7F | 0x80])
        zigzag >>= 7
    return out + bytes([zigzag])


def _more(*fields: Schema) -> Schema:
    """The schema with further fields that nobody reads, at the end."""
    return evolved(("", lambda known: known.extend(copy.deepcopy(fields))))


_PAYER: Final[Schema] = {
    "type": "record",
    "name": "Payer",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "balance", "type": decimal(8, 1)},
        {"name": "born", "type": instant("micros")},
        {"name": "tier", "type": ["null", "Kind"]},
    ],
}
_WITHOUT_ADDRESS: Final = [one for one in CUSTOMER["fields"] if one["name"] != "address"]
_EXTRA: Final = {"name": "extra", "type": {"type": "map", "values": "string"}}
_NULLS: Final = {"name": "extra", "type": {"type": "array", "items": "null"}}
_NAN: Final = float("nan")

WRITTEN: Final[dict[str, Written]] = {
    # --- read ---------------------------------------------------------------------------------------------------
    "as the source has it": Written(schema=SCHEMA),
    "a record that is null": Written(schema=SCHEMA, event=changed(customer=None)),
    "a record in a record that is null": Written(schema=SCHEMA, event=changed(customer__address=None)),
    "a record in a map that is null": Written(
        schema=SCHEMA, event=changed(parts={"left": {"weight": 0.0, "made_in": None}})
    ),
    "maps without the keys": Written(
        schema=SCHEMA,
        event=changed(
            attributes={"Channel": "web"}, scores={"risk": None}, amounts={}, seen={}, parts={"right": {"weight": 1.0}}
        ),
    ),
    "empty and strange texts": Written(
        schema=SCHEMA, event=changed(customer__id="\0", attributes={"channel": "", 'it\'s "`odd`"\n.é': "\U0001f600"})
    ),
    "extreme numbers": Written(
        schema=SCHEMA,
        event=changed(
            quantity=-(2**63), rate=5e-324, customer__balance=Decimal("-99999999.99"), customer__first_seen=-(2**63)
        ),
    ),
    "fields in another order, and more of them": Written(
        schema=evolved(
            (
                "",
                lambda fields: fields.insert(
                    0, {"name": "notes", "type": {"type": "array", "items": ["null", "string"]}}
                ),
            ),
            ("header.", lambda fields: fields.insert(0, {"name": "trace", "type": {"type": "map", "values": "bytes"}})),
            (
                "customer.",
                lambda fields: fields.append({"name": "friends", "type": {"type": "array", "items": "Customer"}}),
            ),
        ),
        event={
            **changed(header__trace={"a": b"\xff"}, customer__friends=[{**ORDER["customer"], "friends": []}]),
            "notes": [None, "x"],
        },
    ),
    "a record of another name": Written(schema={**SCHEMA, "name": "Purchase"}),
    "a record that is defined in another place": Written(
        schema=evolved(
            (
                "customer.address",
                typed(
                    [
                        "null",
                        {
                            "type": "record",
                            "name": "Address",
                            "namespace": "other",
                            "fields": [{"name": "zip", "type": "string"}, {"name": "country", "type": "string"}],
                        },
                    ]
                ),
            ),
            ("parts.made_in", typed(["null", "other.Address"])),
        ),
        event=changed(parts={"left": {"weight": 2.5, "made_in": {"country": "NO", "zip": "9"}}}),
    ),
    "narrower numbers": Written(
        schema=evolved(
            ("quantity", typed("int")),
            ("rate", typed("float")),
            ("scores", typed({"type": "map", "values": "float"})),
            ("parts.weight", typed("int")),
        ),
        event=changed(scores={"risk": 0.5}, rate=0.25, parts={"left": {"weight": 7, "made_in": None}}),
        says={'parts["left"].weight': 7.0},
    ),
    "a long for a double": Written(
        schema=evolved(("rate", typed("long"))), event=changed(rate=2**53 + 1), says={"rate": 2.0**53}
    ),
    "an earlier name": Written(
        schema=evolved(("quantity", lambda at: at.update(name="pieces"))),
        event={**changed(), "pieces": 8},
        says={"quantity": 8},
    ),
    "fields that are missing": Written(
        schema=evolved(
            ("", without("quantity")), ("customer.", without("first_seen")), ("customer.address.", without("zip"))
        ),
        says={"quantity": 1, "customer.first_seen": None, "customer.address.zip": None},
    ),
    "a record that is missing": Written(
        schema=evolved(
            ("customer.", without("address")),
            (
                "parts.made_in",
                typed(
                    ["null", {"type": "record", "name": "Address", "fields": [{"name": "country", "type": "string"}]}]
                ),
            ),
        ),
        says={"customer.address.country": None, "customer.address.zip": None},
    ),
    "never null": Written(
        schema=evolved(
            ("customer", lambda at: (at.pop("default"), at.update(type=at["type"][1]))),
            ("scores", typed({"type": "map", "values": "double"})),
        ),
        event=changed(scores={"risk": 9.0}),
    ),
    "null last": Written(schema=evolved(("customer", lambda at: (at.pop("default"), at["type"].reverse())))),
    "one of several numbers": Written(
        schema=evolved(("quantity", typed(["int", "null", "long"])), ("rate", typed(["int", "float"]))),
        event=changed(quantity=2**40, rate=3),
        differs=("quantity",),
        says={"rate": 3.0},
    ),
    "a symbol that the source does not know": Written(
        schema=evolved(("header.kind", typed({**KIND, "symbols": ["OTHER", "GIFT", "AGAIN", "NEW"]}))),
        event=changed(header__kind="GIFT"),
        says={"header.kind": "OTHER"},
    ),
    "symbols in another order": Written(
        schema=evolved(("header.kind", typed({**KIND, "symbols": ["OTHER", "GIFT", "AGAIN", "NEW"]}))),
    ),
    "decimals of fewer places": Written(
        schema=evolved(
            ("customer.balance", typed(decimal(8, 1))), ("amounts", typed({"type": "map", "values": decimal(8, 0)}))
        ),
        event=changed(customer__balance=Decimal("12.3"), amounts={"net": Decimal(-7)}),
        says={"customer.balance": Decimal("12.30"), 'amounts["net"]': Decimal("-7.00")},
    ),
    "decimals of more places, which are 0": Written(
        schema=evolved(("customer.balance", typed(decimal(12, 4)))), differs=("customer.balance", "payer.balance")
    ),
    "timestamps in the other unit": Written(
        schema=evolved(
            ("header.sent_at", typed(instant("micros"))),
            ("header.taken_at", typed(instant("millis"))),
            ("customer.first_seen", typed(["null", instant("millis")])),
            ("customer.born", typed(["null", instant("micros")])),
            ("seen", typed({"type": "map", "values": instant("millis")})),
        ),
        event=changed(
            header__sent_at=NOON * 1_000 + 999, header__taken_at=NOON + 1, customer__first_seen=-1, seen={"first": 5}
        ),
        says={"header.sent_at": NOON, "header.taken_at": NOON + 1, "customer.first_seen": -1, 'seen["first"]': 5},
    ),
    "one record in two places, in one of them otherwise": Written(
        schema=evolved(("payer", typed(["null", _PAYER]))),
        event=changed(payer={"id": "q", "tier": "AGAIN", "balance": Decimal("7.5"), "born": -1}),
        says={"payer.balance": Decimal("7.50"), "payer.born": -1},
    ),
    "one of two records": Written(
        schema=evolved(
            ("payer", typed(["null", "Customer", {**CUSTOMER, "name": "Payer", "fields": _WITHOUT_ADDRESS}]))
        ),
        event=changed(payer={"-type": "shop.Payer", **ORDER["customer"]}),
        says={f"payer.{name}": ORDER["customer"][name] for name in ("id", "balance", "born")},
        differs=("payer",),
    ),
    "one of two records, which differ": Written(
        schema=evolved(("payer", typed(["null", "Customer", _PAYER]))),
        refused="incompatible",
        detail="payer.balance: it is one of several records",
        differs=("payer",),
    ),
    "may be null, and is not": Written(schema=evolved(("rate", typed(["null", "double"]))), differs=("rate",)),
    "fields that nobody reads": Written(
        schema=_more(
            {"name": "digest", "type": {"type": "fixed", "name": "Digest", "size": 3}},
            {"name": "any", "type": ["null", "string", {"type": "array", "items": "Digest"}, "Tree"]},
            {"name": "nan", "type": "double"},
        ),
        event={**changed(), "digest": b"abc", "any": [b"abc", b"def"], "nan": _NAN},
    ),
    # --- refused: the writer schema ---------------------------------------------------------------------------------
    "a field is missing that has no default": Written(
        schema=evolved(("", without("rate"))),
        refused="incompatible",
        detail="the field rate is missing, and has no default",
        differs=("rate",),
    ),
    "a field of a record is missing": Written(
        schema=evolved(("customer.", without("id"))),
        refused="incompatible",
        detail="customer: the field id is missing, and has no default",
        differs=("customer.id", "payer.id"),
    ),
    "a record became a text": Written(
        schema=evolved(
            ("customer", typed(["null", "string"])),
            ("payer", typed(["null", "string"])),
            ("parts", typed({"type": "map", "values": "string"})),
        ),
        event=changed(customer="c1", parts={"left": "x"}),
        refused="incompatible",
        detail="customer: found string, expected [null, record shop.Customer]",
        differs=("customer", "payer", "parts[]"),
    ),
    "a text became a number": Written(
        schema=evolved(("customer.id", typed("long"))),
        event=changed(customer__id=7),
        refused="incompatible",
        detail="customer.id: found long, expected string",
        differs=("customer.id", "payer.id"),
    ),
    "a text became bytes": Written(
        schema=evolved(("customer.id", typed("bytes"))),
        event=changed(customer__id=b"c1"),
        refused="incompatible",
        detail="customer.id: found bytes, expected string",
        differs=("customer.id", "payer.id"),
    ),
    "a timestamp lost its unit": Written(
        schema=evolved(("header.sent_at", typed("long"))),
        refused="incompatible",
        detail="header.sent_at: found long, expected a timestamp that says its unit",
        differs=("header.sent_at",),
    ),
    "a timestamp became a date": Written(
        schema=evolved(("customer.first_seen", typed(["null", {"type": "int", "logicalType": "date"}]))),
        event=changed(customer__first_seen=7),
        refused="incompatible",
        detail="customer.first_seen: found int date, expected a timestamp that says its unit",
        differs=("customer.first_seen", "payer.first_seen"),
    ),
    "a timestamp in nanoseconds": Written(
        schema=evolved(("seen", typed({"type": "map", "values": instant("nanos")}))),
        refused="incompatible",
        detail="seen[]: found long timestamp-nanos, expected a timestamp that says its unit",
        differs=("seen[]",),
    ),
    "a decimal became a text": Written(
        schema=evolved(("customer.balance", typed("string"))),
        event=changed(customer__balance="12.30"),
        refused="incompatible",
        detail="customer.balance: found string, expected decimal(10,2)",
        differs=("customer.balance", "payer.balance"),
    ),
    "a decimal became plain bytes": Written(
        schema=evolved(("customer.balance", typed("bytes"))),
        event=changed(customer__balance=b"\1"),
        refused="incompatible",
        detail="customer.balance: found bytes, expected decimal(10,2)",
        differs=("customer.balance", "payer.balance"),
    ),
    "a decimal became a double": Written(
        schema=evolved(("amounts", typed({"type": "map", "values": "double"}))),
        event=changed(amounts={"net": 1.5}),
        refused="incompatible",
        detail="amounts[]: found double, expected decimal(10,2)",
        differs=("amounts[]",),
    ),
    "an enum of another name": Written(
        schema=evolved(("state", typed({"type": "enum", "name": "Status", "symbols": ["OPEN", "DONE"]}))),
        refused="incompatible",
        detail="state: found enum shop.Status, expected enum shop.State",
        differs=("state",),
    ),
    "a field under its name and its alias": Written(
        schema=_more({"name": "pieces", "type": "long"}),
        event={**changed(), "pieces": 1},
        refused="incompatible",
        detail="Duplicate field quantity",
        differs=("quantity",),
    ),
    "an earlier name in a record of another name": Written(
        schema={**evolved(("quantity", lambda at: at.update(name="pieces"))), "name": "Purchase"},
        event={**changed(), "pieces": 8},
        refused="incompatible",
        detail="quantity: it is written as pieces in record shop.Purchase",
        differs=("quantity",),
    ),
    # --- refused: the record ----------------------------------------------------------------------------------------
    "a symbol that the source does not know, without a default": Written(
        schema=evolved(("state", typed({"type": "enum", "name": "State", "symbols": ["OPEN", "LOST", "DONE"]}))),
        event=changed(state="LOST"),
        refused="undecodable",
        detail="No match for LOST",
        differs=("state",),
    ),
    "a null where nothing is never null": Written(
        schema=evolved(("rate", typed(["null", "double"]))),
        event=changed(rate=None),
        refused="undecodable",
        detail="Found null, expecting double",
        differs=("rate",),
    ),
    "a decimal with more places than are read": Written(
        schema=evolved(("customer.balance", typed(decimal(12, 4)))),
        event=changed(customer__balance=Decimal("12.3001")),
        refused="undecodable",
        detail="the decimal 12.3001 has more than 2 digits behind the point",
        differs=("customer.balance", "payer.balance"),
    ),
    "a decimal with more digits than are read": Written(
        schema=evolved(("amounts", typed({"type": "map", "values": decimal(11, 1)}))),
        event=changed(amounts={"gross": Decimal("1000000000.0")}),
        refused="undecodable",
        detail="that is not decimal(10, 2)",
        differs=("amounts[]",),
    ),
    "an instant beyond 64 bits of microseconds": Written(
        schema=evolved(("header.taken_at", typed(instant("millis")))),
        event=changed(header__taken_at=2**60),
        refused="undecodable",
        detail="the instant 1152921504606846976 is out of range",
    ),
    "a double of a record is not finite": Written(
        schema=SCHEMA,
        event=changed(parts={"right": {"weight": _NAN}}),
        refused="non_finite",
        detail="field parts.weight",
    ),
    "a double of a map is not finite": Written(
        schema=SCHEMA, event=changed(scores={"unread": -float("inf")}), refused="non_finite", detail="field scores"
    ),
    "a null event time": Written(
        schema=evolved(("header.sent_at", typed(["null", instant("millis")]))),
        event=changed(header__sent_at=None),
        refused="undecodable",
        detail="Found null, expecting long",
        differs=("header.sent_at",),
    ),
    "a map that is skipped and says it has more than there is": Written(
        schema=_more(_EXTRA),
        event={**changed(), "extra": {}},
        body=_varint(2**61),
        refused="truncated",
        detail="a block of",
    ),
    "a map that is skipped and says it is longer than there is": Written(
        schema=_more(_EXTRA),
        event={**changed(), "extra": {}},
        body=_varint(-1) + _varint(2**61),
        refused="truncated",
        detail="length 2305843009213693952",
    ),
    "an array of nulls that is skipped and never ends": Written(
        schema=_more(_NULLS),
        event={**changed(), "extra": []},
        body=_varint(2**61),
        refused="truncated",
        detail="a block of",
    ),
    "a key of a map that is skipped, longer than there is": Written(
        schema=_more(_EXTRA),
        event={**changed(), "extra": {}},
        body=_varint(1) + _varint(2**31),
        refused="truncated",
        detail="length 2147483648",
    ),
}
