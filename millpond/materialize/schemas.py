"""Writer schemas of tile topics, from the registry, made ready for reading fast."""

import json
from collections.abc import Callable
from typing import Any

import fastavro
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from millpond.plan.errors import MillpondError

AvroSchema = Any  # JSON: a record is a dict


def fetcher(url: str) -> Callable[[int], AvroSchema]:
    """A function that asks the registry at `url` for the schema of an id."""
    registry = SchemaRegistryClient({"url": url})

    def fetch(schema_id: int) -> AvroSchema:
        schema: AvroSchema = json.loads(registry.get_schema(schema_id).schema_str or "{}")
        return schema

    return fetch


def is_transient(failure: Exception) -> bool:
    """True unless the registry answered that there is no such schema."""
    return not (isinstance(failure, SchemaRegistryError) and failure.http_status_code == 404)


def unlogical(schema: Any) -> Any:
    """The schema without logical types: decimals are read as the bytes they are, which is three times as fast."""
    if isinstance(schema, dict):
        return {name: unlogical(part) for name, part in schema.items() if name != "logicalType"}
    if isinstance(schema, list):
        return [unlogical(part) for part in schema]
    return schema


def shape_of(field: AvroSchema) -> str:
    """A field's type as text, null aside: `long`, `string`, `bytes decimal(20,2)`."""
    kind = field["type"]
    if isinstance(kind, list):
        kinds = [part for part in kind if part != "null"]
        kind = kinds[0] if len(kinds) == 1 else kind
    if isinstance(kind, str):
        return kind
    if isinstance(kind, dict) and kind.get("logicalType") == "decimal":
        return f"{kind['type']} decimal({kind['precision']},{kind['scale']})"
    if isinstance(kind, dict) and isinstance(kind["type"], str) and "logicalType" not in kind:
        return str(kind["type"])
    return json.dumps(kind)


class WriterSchemas:
    """The schemas a topic's keys or values are written in: each is fetched, checked and parsed once.

    Args:
        fetch: gives the schema of an id; insists through outages.
        shapes: the fields every schema must have, and their shapes (see `shape_of`); others are passed over.
        where: for errors, such as `the keys of <topic>`.
    """

    def __init__(self, fetch: Callable[[int], AvroSchema], shapes: dict[str, str], *, where: str) -> None:
        self._fetch = fetch
        self._shapes = shapes
        self._where = where
        self._parsed: dict[bytes, AvroSchema] = {}

    def of(self, header: bytes) -> AvroSchema:
        """The schema that the first five bytes of a message name, parsed.

        Raises:
            MillpondError: not the Confluent wire format, or a schema that does not hold what the plan says.
        """
        parsed = self._parsed.get(header)
        if parsed is None:
            parsed = self._parsed[header] = self._load(header)
        return parsed

    def _load(self, header: bytes) -> AvroSchema:
        if len(header) != 5 or header[0] != 0:
            raise MillpondError(
                "not in the Confluent wire format", where=self._where, mend="nothing but Flink may write this topic"
            )
        schema = self._fetch(int.from_bytes(header[1:], "big"))
        if not isinstance(schema, dict) or schema["type"] != "record":
            raise MillpondError("not records", where=self._where, mend="nothing but Flink may write this topic")
        shapes = {field["name"]: shape_of(field) for field in schema["fields"]}
        for name, shape in self._shapes.items():
            if shapes.get(name) != shape:
                raise MillpondError(
                    f"the field {name!r} is {shapes.get(name, 'missing')} where the plan has {shape}",
                    where=self._where,
                    mend="deploy the plan that runs, as a new generation with a topic of its own",
                )
        parsed: AvroSchema = fastavro.parse_schema(unlogical(schema))
        return parsed
