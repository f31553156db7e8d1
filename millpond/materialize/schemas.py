"""Writer schemas of the topics that Flink writes, from the registry, and the reading of rows written in them."""

import json
from collections.abc import Callable, Sequence

from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError

from millpond.materialize.avro import HEADER_SIZE, AvroSchema, Blob, Field, RecordReader, headers, joined
from millpond.plan.errors import MillpondError


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
        self._readers: dict[bytes, RecordReader] = {}

    def read(self, payloads: Sequence[bytes | None]) -> dict[str, Field]:
        """The fields of `shapes`, each as a column with one value a payload.

        Raises:
            MillpondError: not the Confluent wire format, or a schema that does not hold what the plan says.
            ValueError: a payload is no such record.
        """
        blob = Blob(payloads)
        groups = [(rows, self._of(header).read(blob, rows)) for header, rows in headers(blob)]
        return {name: joined([(rows, found[name]) for rows, found in groups], len(payloads)) for name in self._shapes}

    def _of(self, header: bytes) -> RecordReader:
        reader = self._readers.get(header)
        if reader is None:
            reader = self._readers[header] = self._load(header)
        return reader

    def _load(self, header: bytes) -> RecordReader:
        if len(header) != HEADER_SIZE or header[0] != 0:
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
        try:
            return RecordReader(schema)
        except ValueError as cause:
            raise MillpondError(
                f"rows that are not flat: {cause}", where=self._where, mend="nothing but Flink may write this topic"
            ) from cause
