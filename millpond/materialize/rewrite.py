"""A record of the store as a row of its tile topic again: Avro, as Flink wrote it."""

import io
from collections.abc import Mapping
from typing import Any

import fastavro

from millpond.materialize.avro import AvroSchema
from millpond.store.records import RecordLayout, wide_integers


def encoded(schema: AvroSchema, layout: RecordLayout, record: bytes, texts: Mapping[str, str], *, level: int) -> bytes:
    """A record in a writer schema, without the header.

    Args:
        schema: as JSON.
        layout: of the record.
        texts: the row's columns that the record lacks.
        level: the size of its tile, ms.
    """
    records, marks = layout.decode([record]), layout.marks_of(record)
    start = int(records["tile"][0]) * level
    row: dict[str, Any] = {
        **texts,
        "n": int(records["n"][0]),
        "first_ts": start + int(records["first"][0]),
        "last_ts": start + int(records["last"][0]),
    }
    for partial in layout.partials:
        name = partial.name
        if name in layout.nullable and int(records["nulls"][0]) & layout.bit(name):
            row[name] = None
            continue
        if name in marks:
            row[name] = marks[name]
            continue
        column = records[name]
        value = wide_integers(column)[0] if layout.is_wide(name) else column.item()
        row[name] = unscaled(value) if partial.type.kind == "decimal" and partial.function != "count" else value
    buffer = io.BytesIO()
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(physical(schema)), row)
    return buffer.getvalue()


def unscaled(value: int) -> bytes:
    """A decimal's unscaled value as Avro has it: two's complement, big-endian, shortest."""
    bits = (value if value >= 0 else ~value).bit_length()
    return value.to_bytes(bits // 8 + 1, "big", signed=True)


def physical(schema: Any) -> Any:
    """The schema without logical types, which do not change the encoding: decimals are taken as bytes."""
    if isinstance(schema, dict):
        return {name: physical(part) for name, part in schema.items() if name != "logicalType"}
    if isinstance(schema, list):
        return [physical(part) for part in schema]
    return schema
