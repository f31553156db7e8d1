"""What is kept of a reader schema, and what is said besides: leaf by leaf, also of types that are referred to."""

import json
from typing import Any

import fastavro
import msgspec
import pytest

from millpond.plan.model import SourcePlan
from millpond.plan.reader_schema import of_leaves, with_units
from tests.integration.orders import pool


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> SourcePlan:
    return pool(tmp_path_factory.mktemp("orders")).views[0].source


def shapes(schema: Any, at: str = "") -> list[str]:
    """The leaves of a schema in which nothing is referred to but enums."""
    match schema:
        case list():
            return [shape for branch in schema if branch != "null" for shape in shapes(branch, at)]
        case {"fields": fields}:
            return [shape for field in fields for shape in shapes(field["type"], f"{at}.{field['name']}")]
        case {"values": values}:
            return shapes(values, f"{at}[]")
        case _:
            return [at.removeprefix(".")]


def test_with_all_leaves_kept_every_column_is_there_in_order(source: SourcePlan) -> None:
    assert shapes(of_leaves(source, lambda _shape: True)) == [column.name for column in source.columns]


@pytest.mark.parametrize(
    "kept",
    [
        ("rate",),
        ("customer.address.zip", "parts[].made_in.country"),
        ("scores[]", "header.kind", "customer.tier"),
        ("parts[].weight",),
        (),
    ],
)
def test_what_is_not_kept_is_not_there_nor_are_records_around_it(source: SourcePlan, kept: tuple[str, ...]) -> None:
    found = shapes(of_leaves(source, kept.__contains__))
    assert sorted(found) == sorted(kept)


def test_a_record_that_is_referred_to_keeps_in_each_place_what_is_kept_there(source: SourcePlan) -> None:
    """Address is defined in customer and referred to in parts."""
    found = of_leaves(source, {"customer.address.zip", "parts[].made_in.country"}.__contains__)
    customer, parts = found["fields"]
    assert customer["type"][1]["fields"][0]["type"][1]["fields"] == [
        {"name": "zip", "type": ["null", "string"], "default": None}
    ]
    assert parts["type"]["values"]["fields"][0]["type"][1]["fields"] == [{"name": "country", "type": "string"}]


def test_each_timestamp_says_its_unit_and_all_else_stays(source: SourcePlan) -> None:
    told = with_units(source)
    fastavro.parse_schema(json.loads(told))
    for unit, count in (("millis", 2), ("micros", 3)):
        logical = f'{{"type":"long","logicalType":"timestamp-{unit}"}}'
        assert told.count(logical) == count
        told = told.replace(logical, '"long"')
    assert json.loads(told) == json.loads(source.schema)


def test_a_flat_schema_is_kept_byte_for_byte() -> None:
    """Meanings were taken of such bytes before there were records."""
    fields = [
        {"name": "a", "type": ["null", "long"], "default": None, "aliases": ["b"]},
        {"name": "k", "type": {"type": "enum", "name": "K", "namespace": "", "symbols": ["X"], "default": "X"}},
        {"name": "c", "type": {"type": "bytes", "logicalType": "decimal", "precision": 4, "scale": 2}},
        {"name": "l", "type": ["K", "null"]},
    ]
    schema = {"type": "record", "name": "R", "namespace": "n", "fields": fields}
    source = SourcePlan(
        name="s", topic="t", schema=json.dumps(schema), columns=(), micros=(), event_time="a", event_id=None,
        lateness_ms=0,
    )  # fmt: skip
    assert msgspec.json.encode(of_leaves(source, {"a", "l"}.__contains__)) == msgspec.json.encode(
        {**schema, "fields": [fields[0], fields[3]]}
    )
