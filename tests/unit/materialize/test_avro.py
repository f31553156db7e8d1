"""Columns read from Avro, against fastavro reading the same bytes row by row."""

import io
import math
from collections.abc import Sequence
from typing import Any

import fastavro
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from millpond.materialize.avro import Blob, Field, RecordReader, Slices, headers
from millpond.materialize.schemas import WriterSchemas
from millpond.plan.errors import MillpondError

LONGS = st.integers(-(2**63), 2**63 - 1) | st.integers(-200, 200)
BYTES = st.binary(max_size=16) | st.binary(max_size=200)
KINDS: dict[str, st.SearchStrategy[Any]] = {
    "int": st.integers(-(2**31), 2**31 - 1),
    "long": LONGS,
    "double": st.floats(),
    "bytes": BYTES,
    "string": st.text(max_size=80),
}
HEADER = b"\0\0\0\0\1"


def schema_of(kinds: Sequence[Any]) -> dict[str, Any]:
    return {
        "type": "record",
        "name": "r",
        "fields": [{"name": f"f{i}", "type": kind} for i, kind in enumerate(kinds)],
    }


@st.composite
def written(draw: st.DrawFn) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A schema, and rows of it."""
    kinds, values = [], []
    for kind in draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=7)):
        form = draw(st.sampled_from(["plain", "null first", "null last"]))
        kinds.append({"plain": kind, "null first": ["null", kind], "null last": [kind, "null"]}[form])
        values.append(KINDS[kind] if form == "plain" else st.none() | KINDS[kind])
    row = st.fixed_dictionaries({f"f{i}": value for i, value in enumerate(values)})
    return schema_of(kinds), draw(st.lists(row, min_size=1, max_size=12))


def encoded(schema: dict[str, Any], row: dict[str, Any]) -> bytes:
    out = io.BytesIO()
    fastavro.schemaless_writer(out, fastavro.parse_schema(schema), row)
    return HEADER + out.getvalue()


def decoded(schema: dict[str, Any], payload: bytes) -> Any:
    return fastavro.schemaless_reader(io.BytesIO(payload[5:]), fastavro.parse_schema(schema), None)


def values(field: Field, kind: Any) -> list[Any]:
    if isinstance(field, Slices):
        ends = field.start + field.size
        held: list[Any] = [field.blob.data[at:end] for at, end in zip(field.start, ends, strict=True)]
        if "string" in kind:
            held = list(field.texts())
    else:
        held = field.values.tolist()
    nulls = [False] * len(held) if field.nulls is None else field.nulls.tolist()
    return [None if null else value for value, null in zip(held, nulls, strict=True)]


def same(a: Any, b: Any) -> bool:
    return a == b or (isinstance(a, float) and isinstance(b, float) and math.isnan(a) and math.isnan(b))


def read(schema: dict[str, Any], payloads: Sequence[bytes]) -> dict[str, Field]:
    return RecordReader(schema).read(Blob(payloads), np.arange(len(payloads)))


@given(written())
@example((schema_of(["long"]), [{"f0": edge} for edge in (2**63 - 1, -(2**63), 2**55, 2**55 - 1, 2**62, -1, 0)]))
def test_what_is_read_is_what_fastavro_reads(sample: tuple[dict[str, Any], list[dict[str, Any]]]) -> None:
    schema, rows = sample
    payloads = [encoded(schema, row) for row in rows]
    found = read(schema, payloads)
    expected = [decoded(schema, payload) for payload in payloads]
    for field in schema["fields"]:
        name = field["name"]
        for held, row in zip(values(found[name], field["type"]), expected, strict=True):
            assert same(held, row[name])


@given(written(), st.data())
def test_a_row_cut_short_or_with_bytes_left_over_is_refused_wherever_it_stands(
    sample: tuple[dict[str, Any], list[dict[str, Any]]], data: st.DataObject
) -> None:
    schema, rows = sample
    payloads = [encoded(schema, row) for row in rows]
    broken = data.draw(st.integers(0, len(rows) - 1))
    whole = payloads[broken]
    payloads[broken] = data.draw(st.sampled_from([whole[:-1], whole[:5], whole + b"\0"]))
    if payloads[broken] != whole:
        with pytest.raises(ValueError, match=r"cut short|left over|branch|beyond|64 bits"):
            read(schema, payloads)


@given(st.lists(st.binary(min_size=5, max_size=60), min_size=1, max_size=5), st.lists(st.sampled_from(sorted(KINDS))))
def test_any_bytes_are_read_as_fastavro_reads_them_or_refused(payloads: list[bytes], kinds: list[str]) -> None:
    schema = schema_of([["null", kind] for kind in kinds])
    try:
        found = read(schema, payloads)
    except ValueError:
        return
    for i, payload in enumerate(payloads):
        try:
            expected = decoded(schema, payload)
        except UnicodeDecodeError:  # texts are decoded when they are asked for
            continue
        for field in schema["fields"]:
            if "string" not in field["type"]:
                assert same(values(found[field["name"]], field["type"])[i], expected[field["name"]])


@given(st.lists(st.integers(-(2**127), 2**127 - 1) | st.integers(-300, 300), min_size=1))
def test_decimals_are_exact_to_128_bits(numbers: list[int]) -> None:
    def shortest(number: int) -> bytes:
        bits = (number if number >= 0 else ~number).bit_length()
        return number.to_bytes(bits // 8 + 1, "big", signed=True)

    payloads = [encoded(schema_of(["bytes"]), {"f0": shortest(number)}) for number in numbers]
    field = read(schema_of(["bytes"]), payloads)["f0"]
    assert isinstance(field, Slices)
    column = field.integers()
    assert column.high is not None
    low = column.values.view(np.uint64).tolist()
    assert [(hi << 64) + lo for hi, lo in zip(column.high.tolist(), low, strict=True)] == numbers


def test_a_decimal_of_no_bytes_is_zero_and_one_of_seventeen_is_refused() -> None:
    def integers(data: bytes) -> Any:
        field = read(schema_of(["bytes"]), [encoded(schema_of(["bytes"]), {"f0": data})])["f0"]
        assert isinstance(field, Slices)
        return field.integers()

    assert integers(b"").values.tolist() == [0]
    with pytest.raises(OverflowError, match="17 bytes"):
        integers(bytes(17))


@pytest.mark.parametrize("kind", ["float", "boolean", {"type": "array", "items": "long"}, ["long", "string"]])
def test_a_field_that_is_not_flat_is_refused(kind: Any) -> None:
    schemas = WriterSchemas({1: schema_of([kind])}.__getitem__, {}, where="the values of t")
    with pytest.raises(MillpondError, match="not flat"):
        schemas.read([HEADER])


def test_rows_of_several_schemas_come_back_in_their_order() -> None:
    old = schema_of(["long", ["null", "bytes"]])
    new = {**old, "fields": [{"name": "more", "type": "string"}, *old["fields"][::-1]]}
    rows: list[dict[str, Any]] = [{"f0": i, "f1": None if i % 3 else bytes([i]), "more": "x" * i} for i in range(9)]
    payloads = [
        encoded(new, row)[:4] + b"\2" + encoded(new, row)[5:] if row["f0"] % 2 else encoded(old, row) for row in rows
    ]
    schemas = WriterSchemas({1: old, 2: new}.__getitem__, {"f0": "long", "f1": "bytes"}, where="the values of t")
    found = schemas.read(payloads)
    assert sorted(found) == ["f0", "f1"]
    for name, kind in (("f0", "long"), ("f1", "bytes")):
        assert values(found[name], kind) == [row[name] for row in rows]


def test_a_payload_shorter_than_its_header_is_not_in_the_wire_format() -> None:
    schemas = WriterSchemas({1: schema_of(["long"])}.__getitem__, {}, where="the keys of t")
    for short in (b"", HEADER[:4], None):
        with pytest.raises(MillpondError, match="not in the Confluent wire format"):
            schemas.read([encoded(schema_of(["long"]), {"f0": 1}), short])


def test_no_payloads_have_no_headers() -> None:
    assert headers(Blob([])) == []
