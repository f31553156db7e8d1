"""One fragment's topic: its records become guarded writes."""

from collections.abc import Callable, Sequence
from itertools import compress
from operator import itemgetter
from typing import Any, Final

from millpond.materialize.rows import Record, Row, naming_the_record, read_rows
from millpond.materialize.schemas import AvroSchema, WriterSchemas
from millpond.plan.aggregations import Partial
from millpond.plan.deployment import Fragment
from millpond.plan.model import ViewPlan
from millpond.plan.types import Type
from millpond.store.guard import GuardedWrite
from millpond.store.keys import KeyEncoder, KeyTemplate
from millpond.store.parts import Part, parts_of
from millpond.store.records import RecordLayout

KEY_FIELDS: Final = ("level", "tile")
VALUE_FIELDS: Final = ("n", "first_ts", "last_ts")

_KEY_SHAPES: Final = {"int": "long", "string": "string"}
_PARTIAL_SHAPES: Final = {"int": "long", "timestamp": "long", "double": "double"}


def _shape(type: Type) -> str:
    return f"bytes {type}" if type.kind == "decimal" else _PARTIAL_SHAPES[type.kind]


class TileTopic:
    """How one fragment's topic is written to the store.

    Args:
        ns: the environment.
        fragment: whose topic it is.
        view: its plan.
        fetch: gives the writer schema of an id, through outages of the registry.
    """

    def __init__(self, ns: str, fragment: Fragment, view: ViewPlan, fetch: Callable[[int], AvroSchema]) -> None:
        keys = view.entity.keys
        self.topic = fragment.topic(ns)
        self._key_schemas = WriterSchemas(
            fetch,
            {column.name: _KEY_SHAPES[column.type.kind] for column in keys} | dict.fromkeys(KEY_FIELDS, "long"),
            where=f"the keys of {self.topic}",
        )
        self._value_schemas = WriterSchemas(
            fetch,
            dict.fromkeys(VALUE_FIELDS, "long") | {p.name: _shape(p.type) for p in view.partials},
            where=f"the values of {self.topic}",
        )
        self._encode = KeyEncoder(view.entity).encode
        self._layout = RecordLayout.of(view)
        self._parts: dict[int, tuple[Part, Callable[[str], str]]] = {
            part.size_ms: (part, KeyTemplate.of(ns, view, fragment.generation, part.name).key)
            for part in parts_of(view, fragment.kind)
        }
        self._entity_of = itemgetter(*(column.name for column in keys))
        self._single = len(keys) == 1
        self._place_of = itemgetter(*KEY_FIELDS)
        self._state_of = itemgetter(*VALUE_FIELDS, *(p.name for p in view.partials))
        self._partials: tuple[Partial, ...] = view.partials

    def writes(self, records: Sequence[Record]) -> list[GuardedWrite]:
        """What the guard is to write for records of this topic that have a value, in the order they were read.

        The store is left as if every record were written by itself, whatever the batches: a record is left out only
        where the next one of its key has no smaller n and no greater first, and would replace it in any store.

        Raises:
            MillpondError: a record is not a tile of this plan.
        """
        return naming_the_record(self._writes, records) if records else []

    def _writes(self, records: Sequence[Record]) -> list[GuardedWrite]:
        values = read_rows(self._value_schemas, [record.value() for record in records])
        payloads = [record.key() for record in records]
        keep = _undominated(payloads, values)
        values = list(compress(values, keep))
        keys = read_rows(self._key_schemas, list(compress(payloads, keep)))
        places = list(map(self._place_of, keys))
        packed = self._layout.pack(self._columns(places, values))
        entities = map(self._entity_of, keys)
        encode, parts, topic = self._encode, self._parts, self.topic
        writes: dict[str, GuardedWrite] = {}
        for entity, (level, tile), record in zip(entities, places, packed, strict=True):
            part, key_of = parts[level]
            key = key_of(encode((entity,) if self._single else entity))
            write = writes.get(key)
            if write is None:
                write = writes[key] = GuardedWrite(topic, key, part.ttl_ms, [])
            write.pairs.extend((part.field(tile), record))
        return list(writes.values())

    def _columns(self, places: Sequence[tuple[int, int]], values: Sequence[Row]) -> dict[str, Sequence[Any]]:
        n, first, last, *states = zip(*map(self._state_of, values), strict=True)
        columns: dict[str, Sequence[Any]] = {
            "tile": [tile for _, tile in places],
            "n": n,
            "first": [ts - level * tile for ts, (level, tile) in zip(first, places, strict=True)],
            "last": [ts - level * tile for ts, (level, tile) in zip(last, places, strict=True)],
        }
        for offset, (level, _) in zip(columns["last"], places, strict=True):
            if offset >= level:
                raise ValueError(f"an event {offset} ms into a tile of {level} ms")
        for partial, state in zip(self._partials, states, strict=True):
            columns[partial.name] = _unscaled(state) if partial.type.kind == "decimal" else state
        return columns


def _unscaled(column: Sequence[bytes | None]) -> list[int | None]:
    """Decimals as Avro holds them, big-endian two's complement, to integers."""
    read = int.from_bytes
    return [None if value is None else read(value, "big", signed=True) for value in column]


def _undominated(keys: Sequence[bytes | None], values: Sequence[Row]) -> list[bool]:
    """Which rows must be offered to the guard: all but those the next row of their key would replace in any store."""
    keep = [True] * len(keys)
    newest: dict[bytes | None, int] = {}
    for at, key in enumerate(keys):
        before = newest.get(key)
        if before is not None:
            old, new = values[before], values[at]
            if new["n"] >= old["n"] and new["first_ts"] <= old["first_ts"]:
                keep[before] = False
        newest[key] = at
    return keep
