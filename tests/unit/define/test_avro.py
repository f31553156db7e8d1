"""Which fields of an Avro schema are read, and as what."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import fastavro
import pytest

from millpond.define.avro import SourceSchema, read_schema
from millpond.define.fields import doc_of
from millpond.plan.errors import DefinitionError
from millpond.plan.paths import parse
from tests.unit.define.sample import RIGHT, sale


def read(tmp_path: Path, *fields: Any, **record: Any) -> SourceSchema:
    """A schema of such fields, read from a file."""
    file = tmp_path / "x.avsc"
    file.write_text(json.dumps({"type": "record", "name": "X", **record, "fields": fields}))
    return read_schema(file)


def test_every_readable_type_has_its_column() -> None:
    assert {name: str(type) for name, type in sale().types.items()} == {
        "sale_id": "string",
        "sold_at": "timestamp",
        "paid_at": "timestamp",
        "customer_id": "string",
        "store_id": "int",
        "article_id": "int",
        "channel": "string",
        "returned_by": "string",
        "amount": "decimal(10,2)",
        "discount": "decimal(6,3)",
        "fee": "decimal(30,4)",
        "quantity": "int",
        "count": "int",
        "weight": "double",
        "rating": "double",
        "gift": "boolean",
        "extra[]": "string",
        "address.city": "string",
        "address.count": "int",
        "address.place.lat": "double",
        "address.place.lon": "double",
        "billed_to.city": "string",
        "billed_to.count": "int",
        "billed_to.place.lat": "double",
        "billed_to.place.lon": "double",
    }
    assert sale().micros == ("paid_at",)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("tags", "an array"),
        ("address.lines", "an array"),
        ("digest", "a fixed"),
        ("raw", "bytes"),
        ("day", "a date"),
        ("either", "a union of several types"),
    ],
)
def test_other_types_are_refused_by_reason(name: str, reason: str) -> None:
    with pytest.raises(DefinitionError, match=f"{name!r} cannot be read: it is {reason}"):
        sale().type_of(name)


RARER: list[tuple[Any, str]] = [
    ({"type": "int", "logicalType": "time-millis"}, "a time of day"),
    ({"type": "long", "logicalType": "time-micros"}, "a time of day"),
    ({"type": "long", "logicalType": "local-timestamp-millis"}, "a local timestamp"),
    ({"type": "long", "logicalType": "timestamp-nanos"}, "nanoseconds"),
    ({"type": "bytes", "logicalType": "decimal", "precision": 39, "scale": 2}, "1 to 38 digits"),
    ({"type": "bytes", "logicalType": "decimal"}, "1 to 38 digits"),
    ({"type": "fixed", "name": "F", "size": 8, "logicalType": "decimal", "precision": 4}, "a fixed"),
    ("null", "always null"),
    ("Elsewhere", "a Elsewhere"),
    (["null"], "union"),
]


@pytest.mark.parametrize(("type", "reason"), RARER)
def test_rarer_types_are_refused_by_reason(type: Any, reason: str, tmp_path: Path) -> None:
    schema = read(tmp_path, {"name": "x", "type": type}, {"name": "y", "type": "string"})

    assert reason in schema.unreadable["x"]
    assert list(schema.types) == ["y"]


def test_an_unknown_logical_type_is_ignored_as_avro_says(tmp_path: Path) -> None:
    schema = read(tmp_path, {"name": "x", "type": {"type": "long", "logicalType": "milliseconds-of-fame"}})

    assert str(schema.types["x"]) == "int"
    assert json.loads(schema.reader)["fields"] == [{"name": "x", "type": "long"}]


def test_the_reader_schema_holds_what_is_read_and_no_prose() -> None:
    reader = json.loads(sale().reader)

    assert "doc" not in reader
    assert reader["namespace"] == "shop"
    assert {field["name"]: field["type"] for field in reader["fields"]} == {
        "sale_id": "string",
        "sold_at": "long",
        "paid_at": ["null", "long"],
        "customer_id": ["null", "string"],
        "store_id": "long",
        "article_id": "long",
        "channel": {
            "type": "enum",
            "name": "Channel",
            "namespace": "shop",
            "symbols": ["TILL", "WEB", "UNKNOWN"],
            "default": "UNKNOWN",
        },
        "returned_by": ["null", "shop.Channel"],
        "amount": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2},
        "discount": ["null", {"type": "bytes", "logicalType": "decimal", "precision": 6, "scale": 3}],
        "fee": {"type": "bytes", "logicalType": "decimal", "precision": 30, "scale": 4},
        "quantity": "long",
        "count": ["null", "long"],
        "weight": ["null", "double"],
        "rating": ["double", "null"],
        "gift": "boolean",
        "extra": {"type": "map", "values": "string"},
        "address": {
            "type": "record",
            "name": "Address",
            "namespace": "shop",
            "fields": [
                {"name": "city", "type": "string"},
                {"name": "count", "type": ["null", "long"], "default": None},
                {
                    "name": "place",
                    "type": [
                        "null",
                        {
                            "type": "record",
                            "name": "Place",
                            "namespace": "shop",
                            "fields": [{"name": "lat", "type": "double"}, {"name": "lon", "type": "double"}],
                        },
                    ],
                    "default": None,
                },
            ],
        },
        "billed_to": ["null", "shop.Address"],
    }
    assert [f["aliases"] for f in reader["fields"] if "aliases" in f] == [["product_id"]]
    assert {f["name"]: f["default"] for f in reader["fields"] if "default" in f} == {
        "paid_at": None,
        "customer_id": None,
        "returned_by": None,
        "discount": None,
        "quantity": 1,
        "count": None,
        "weight": None,
        "rating": 0,
        "gift": False,
        "billed_to": None,
    }


def test_avro_reads_with_the_reader_schema_what_was_written_with_the_whole_one() -> None:
    writer = json.loads((RIGHT / "schemas" / "shop.sale.v1.avsc").read_text())
    event: dict[str, Any] = {
        "sale_id": "7d444840-9dc0-11d1-b245-5ffdce74fad2", "sold_at": 5, "paid_at": 6, "customer_id": "c",
        "store_id": 7, "article_id": 8, "channel": "WEB", "returned_by": "TILL", "amount": Decimal("1.50"),
        "discount": None, "fee": Decimal(2), "quantity": 3, "count": 4, "weight": 0.5, "rating": 1.5, "gift": True,
        "tags": ["a"], "extra": {"b": "c"},
        "address": {"city": "d", "lines": ["x"], "place": {"lat": 1.5, "lon": 2.5}},
        "digest": b"0123456789abcdef", "raw": b"e", "day": 1, "either": 2,
    }  # fmt: skip
    # What fastavro would convert is plain on both sides.
    text = json.dumps(writer).replace("timestamp-m", "plain-m").replace("uuid", "plain")
    plain = json.loads(text)
    data = io.BytesIO()
    fastavro.schemaless_writer(data, fastavro.parse_schema(plain), event)
    data.seek(0)

    read_back = fastavro.schemaless_reader(data, plain, fastavro.parse_schema(json.loads(sale().reader)))

    read = {name: event.get(name) for name in sale().fields.known}
    assert read_back == {**read, "address": {"city": "d", "count": None, "place": {"lat": 1.5, "lon": 2.5}}}


def test_an_enum_that_is_first_met_in_a_field_that_is_left_out_is_still_known(tmp_path: Path) -> None:
    status = {"type": "enum", "name": "Status", "symbols": ["A"]}
    schema = read(
        tmp_path,
        {"name": "all", "type": {"type": "array", "items": status}},
        {"name": "last", "type": ["null", "Status"]},
        {"name": "first", "type": "x.Status"},
        namespace="x",
    )

    assert json.loads(schema.reader)["fields"] == [
        {"name": "last", "type": ["null", {"type": "enum", "name": "Status", "namespace": "x", "symbols": ["A"]}]},
        {"name": "first", "type": "x.Status"},
    ]
    assert list(schema.unreadable) == ["all"]


def test_a_nested_spelling_of_a_type_is_the_type(tmp_path: Path) -> None:
    assert str(read(tmp_path, {"name": "x", "type": {"type": {"type": "string"}}}).types["x"]) == "string"


def record(name: str, *fields: Any, **more: Any) -> dict[str, Any]:
    return {"type": "record", "name": name, "fields": list(fields), **more}


LEAF = {"name": "leaf", "type": "string"}


DEEP: list[tuple[Any, str]] = [
    (record("Tree", LEAF, {"name": "next", "type": ["null", "Tree"]}), "it is x.Tree, a record that holds itself"),
    (record("A", LEAF, {"name": "b", "type": record("B", {"name": "a", "type": {"type": "map", "values": "A"}})}),
     "it is x.A, a record that holds itself"),
    (record("A", {"name": "all", "type": {"type": "array", "items": "string"}}),
     "it is x.A, a record with nothing in it that can be read"),
    ({"type": "map", "values": {"type": "array", "items": "long"}},
     "it is a map whose values cannot be read: it is an array, and how many"),
    ({"type": "map", "values": ["string", "long"]}, "it is a map whose values cannot be read: it is a union"),
    ("X", "it is x.X, a record that holds itself"),
]  # fmt: skip
UNREADABLE = [type for type, _reason in [*RARER, *DEEP]]


@pytest.mark.parametrize(("type", "reason"), DEEP)
def test_records_and_maps_without_an_end_or_a_value_are_refused_by_name(type: Any, reason: str, tmp_path: Path) -> None:
    schema = read(tmp_path, {"name": "a", "type": type}, {"name": "y", "type": "string"}, namespace="x")

    assert schema.unreadable["a"].startswith(reason)
    assert list(schema.types) == ["y"]


def test_a_field_that_leads_back_into_its_record_does_not_keep_its_neighbours_from_being_read(tmp_path: Path) -> None:
    top = {"name": "of", "type": ["null", "X"]}
    inner = {"name": "in", "type": record("In", LEAF, top)}
    schema = read(tmp_path, LEAF, top, inner)

    assert list(schema.types) == ["leaf"]
    assert schema.unreadable == {
        "of": "it is X, a record that holds itself: how deep it goes differs from event to event",
        "in": "it is In, a record that holds itself: how deep it goes differs from event to event",
    }


def test_names_are_looked_up_in_the_namespace_they_stand_in(tmp_path: Path) -> None:
    """`Place` is y.Place inside of y.Address, and x.Place outside."""
    place = record("Place", {"name": "north", "type": "double"}, namespace="x")
    address = record("y.Address", {"name": "own", "type": record("Place", LEAF)}, {"name": "place", "type": "Place"})
    schema = read(
        tmp_path,
        {"name": "first", "type": place},
        {"name": "address", "type": address},
        {"name": "last", "type": "Place"},
        {"name": "again", "type": {"type": "map", "values": ["null", "y.Place"]}},
        namespace="x",
    )

    assert list(schema.types) == ["first.north", "address.own.leaf", "address.place.leaf", "last.north", "again[].leaf"]
    fastavro.parse_schema(json.loads(schema.reader))


def test_what_is_referred_to_before_it_is_read_is_defined_where_it_is_first_read(tmp_path: Path) -> None:
    """Its definition stands in an array, which is not read."""
    many = {"name": "many", "type": {"type": "array", "items": record("Part", LEAF)}}
    schema = read(tmp_path, many, {"name": "one", "type": "Part"}, {"name": "two", "type": ["null", "Part"]})

    assert json.loads(schema.reader)["fields"] == [
        {"name": "one", "type": {"type": "record", "name": "Part", "namespace": "", "fields": [LEAF]}},
        {"name": "two", "type": ["null", "Part"]},
    ]


def test_fields_of_a_record_that_differ_only_in_case_are_refused(tmp_path: Path) -> None:
    twins = record("A", {"name": "b", "type": "string"}, {"name": "B", "type": "string"})
    with pytest.raises(DefinitionError, match="'b' and 'B' differ only in case"):
        read(tmp_path, {"name": "a", "type": twins})


def test_a_timestamp_in_a_map_says_whether_it_is_in_microseconds(tmp_path: Path) -> None:
    micros = {"type": "long", "logicalType": "timestamp-micros"}
    schema = read(
        tmp_path, {"name": "seen", "type": {"type": "map", "values": record("S", {"name": "at", "type": micros})}}
    )

    assert (schema.micros, str(schema.type_of('seen["a"].at'))) == (("seen[].at",), "timestamp")


def test_what_a_schema_says_of_a_field_is_kept_beside_it(tmp_path: Path) -> None:
    place = {"type": "record", "name": "P", "fields": [{"name": "city", "type": "string", "doc": "The town."}]}
    fields = read(
        tmp_path,
        {"name": "home", "type": place, "doc": "Where they live."},
        {"name": "work", "type": ["null", "P"], "doc": "Where they work."},
        {"name": "extra", "type": {"type": "map", "values": "string"}, "doc": "Whatever else."},
        {"name": "tags", "type": {"type": "array", "items": "string"}, "doc": "Not read."},
        {"name": "rest", "type": "string"},
    ).fields

    found = {path: doc_of(fields, parse(path)) for path in ("home.city", "work.city", 'extra["a"]', "tags", "rest")}
    assert found == {
        "home.city": "The town.", "work.city": "The town.", 'extra["a"]': "Whatever else.", "tags": "Not read.",
        "rest": "",
    }  # fmt: skip


def test_a_doc_that_is_no_text_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="the doc of 'x' is not a text"):
        read(tmp_path, {"name": "x", "type": "string", "doc": 1})
