"""Which writer schemas a check refuses; tests/integration/test_sources.py sees what becomes of the same in Flink."""

import json
from typing import Any

import pytest

from millpond.plan.reader_schema import with_units
from millpond.plan.resolution import Difference, differences, named_types
from tests.integration.order_writers import WRITTEN
from tests.integration.orders import pool


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Any:
    return json.loads(with_units(pool(tmp_path_factory.mktemp("orders")).views[0].source))


@pytest.mark.parametrize("case", WRITTEN)
def test_a_check_refuses_what_could_become_a_dead_letter_and_nothing_else(case: str, reader: Any) -> None:
    found = differences(reader, WRITTEN[case].schema)
    assert tuple(one.path for one in found) == WRITTEN[case].differs
    assert all(one.what and one.mend for one in found)


def of_field(reader: Any, writer: Any, **more: Any) -> list[Difference]:
    """The differences of records with one field each, `x`."""

    def record(type: Any) -> Any:
        return {"type": "record", "name": "R", "namespace": "n", "fields": [{"name": "x", "type": type}]}

    return differences(record(reader), record(writer), **more)


ENUM = {"type": "enum", "name": "E", "namespace": "n", "symbols": ["A"]}


@pytest.mark.parametrize(
    ("reader", "writer"),
    [
        ("long", {"type": "int"}),
        ("long", {"type": {"type": "long", "logicalType": "time-micros"}}),
        ("double", "float"),
        (["null", "string"], "string"),
        (["null", "string"], "null"),
        ("string", ["string"]),
        (ENUM, {**ENUM, "namespace": "other"}),
        (["null", ENUM], [ENUM, "null"]),
        ({"type": "map", "values": "double"}, {"type": "map", "values": {"type": "int"}}),
    ],
)
def test_what_avro_resolves_to_the_same_value_is_no_difference(reader: Any, writer: Any) -> None:
    assert of_field(reader, writer) == []


@pytest.mark.parametrize(
    ("reader", "writer"),
    [
        ("long", "double"),
        ("long", "string"),
        ("boolean", "int"),
        ("string", ENUM),
        (ENUM, "string"),
        ("string", "Elsewhere"),
        ("double", ["null", "double"]),
        ("double", ["string", "double"]),
        (["null", ENUM], ["null", {**ENUM, "namespace": "other"}]),  # in unions Avro compares whole names
        ({"type": "map", "values": "double"}, {"type": "array", "items": "double"}),
        ({"type": "map", "values": "double"}, {"type": "map", "values": ["null", "double"]}),
    ],
)
def test_what_some_record_could_not_be_read_of_is_one_difference(reader: Any, writer: Any) -> None:
    (one,) = of_field(reader, writer)
    assert one.path.startswith("x")


def test_an_alias_of_an_enum_is_its_name() -> None:
    known = {**ENUM, "name": "Now", "namespace": "n", "aliases": ["E"]}
    assert of_field(["null", known], ["null", ENUM]) == []
    assert of_field(["null", {**known, "aliases": ["m.E"]}], ["null", ENUM]) != []


def test_types_of_other_subjects_are_found_by_their_names() -> None:
    other = {"type": "record", "name": "m.Part", "fields": [{"name": "y", "type": "long"}]}
    reader = {"type": "record", "name": "Part", "namespace": "n", "fields": [{"name": "y", "type": "double"}]}
    assert of_field(reader, "m.Part", referred=named_types(other)) == []
    assert [one.path for one in of_field(reader, "m.Part")] == ["x"]


def test_a_writer_that_holds_itself_is_compared_as_deep_as_it_is_read() -> None:
    tree = {
        "type": "record",
        "name": "Tree",
        "fields": [{"name": "y", "type": "int"}, {"name": "next", "type": ["null", "Tree"]}],
    }
    reader = {"type": "record", "name": "Tree", "namespace": "n", "fields": [{"name": "y", "type": "string"}]}
    assert [one.path for one in of_field(reader, tree)] == ["x.y"]
