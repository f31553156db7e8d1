"""One fragment's topic: its records become guarded writes."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import numpy as np

from millpond.materialize.avro import HEADER_SIZE, AvroSchema, Field, Ints, Slices, integers
from millpond.materialize.rewrite import encoded
from millpond.materialize.rows import Record, naming_the_record, place_of
from millpond.materialize.schemas import WriterSchemas
from millpond.plan.deployment import Fragment
from millpond.plan.model import ViewPlan
from millpond.plan.types import Type
from millpond.store.guard import GuardedRow, GuardedWrite
from millpond.store.kept import kept, kept_in
from millpond.store.keys import KeyEncoder, KeyTemplate, events_key
from millpond.store.parts import Part, parts_of
from millpond.store.records import HEADER_BYTES, Column, RecordLayout, Texts
from millpond.store.scripts import Pipeline
from millpond.store.strip import record_of
from millpond.store.suspects import Suspect

KEY_FIELDS: Final = ("level", "tile")
VALUE_FIELDS: Final = ("n", "first_ts", "last_ts")

_KEY_SHAPES: Final = {"int": "long", "string": "string"}
_PARTIAL_SHAPES: Final = {"int": "long", "timestamp": "long", "double": "double", "string": "string"}


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
        self._sizes = np.array(list(self._parts), np.int64)
        self._keys = keys
        self._partials = tuple(partial.name for partial in view.recorded)
        self._kept = None if view.kept_events is None else view.kept_events.name
        self._fetch = fetch
        self._level_of = {part.name: size for size, (part, _) in self._parts.items()}

    def writes(self, records: Sequence[Record]) -> list[GuardedWrite]:
        """What the guard is to write for records of this topic that have a value, in the order they were read.

        The store is left as if every record were written by itself, whatever the batches: a record is left out only
        where the next one of its key has no smaller n and no greater first, and would replace it in any store.

        Raises:
            MillpondError: a record is not a tile of this plan.
        """
        return naming_the_record(self._writes, records) if records else []

    def _writes(self, records: Sequence[Record]) -> list[GuardedWrite]:
        payloads = [record.key() for record in records]
        values = self._value_schemas.read([record.value() for record in records])
        n, first = integers(values, "n"), integers(values, "first_ts")
        offered = np.flatnonzero(_undominated(payloads, n.tolist(), first.tolist()))
        origins = [records[row] for row in offered.tolist()]
        if len(offered) < len(payloads):
            payloads = [payloads[row] for row in offered.tolist()]
            values = {name: column.take(offered) for name, column in values.items()}
        keys = self._key_schemas.read(payloads)
        level, tile = integers(keys, "level"), integers(keys, "tile")
        packed = self._layout.pack(self._columns(level, tile, values))
        kept = self._events(packed, values)
        entities = zip(*(self._key_values(keys[column.name]) for column in self._keys), strict=True)
        encode, parts, topic = self._encode, self._parts, self.topic
        strip_size = self._layout.size if self._layout.is_strip else None
        writes: dict[tuple[Any, int], GuardedWrite] = {}
        rows = zip(entities, level.tolist(), tile.tolist(), packed, kept, origins, strict=True)
        for entity, size, at, record, events, origin in rows:
            part, key_of = parts[size]
            write = writes.get((entity, size))
            if write is None:
                write = writes[entity, size] = GuardedWrite(
                    topic, key_of(encode(entity)), part.ttl_ms, [], strip_size, part.slots
                )
            write.rows.append(GuardedRow(part.field(at), record, events, origin))
        return list(writes.values())

    def suspect(self, write: GuardedWrite, row: int) -> Suspect:
        """A record of ours that was refused for its smaller n."""
        field, record, _, origin = write.rows[row]
        refused = self._layout.decode([record])
        return Suspect(
            place=place_of(origin),
            header=(origin.value() or b"")[:HEADER_SIZE],
            hash=write.key,
            field=field,
            level=self._level_of[write.key.rpartition(":")[2]],
            tile=int(refused["tile"][0]),
            n=int(refused["n"][0]),
        )

    def ask(self, pipe: Pipeline, suspect: Suspect) -> None:
        """Ask the store for what it holds of a suspect's tile: two replies, for `better_row`."""
        if self._layout.is_strip:
            pipe.get(suspect.hash)
        else:
            pipe.hget(suspect.hash, suspect.field)
        pipe.hget(events_key(suspect.hash), suspect.field)

    def better_row(self, suspect: Suspect, found: bytes | None, events: bytes | None) -> bytes | None:
        """The store's record as a value of this topic, in the schema that the suspect's was written in.

        None where the store holds no better row: a later tile has taken the slot, so that nobody reads this one any
        more, or it was emptied and will have the topic's rows again, this one, too. None also where the events are not
        those of the record: a row of this topic was written between the two questions, and stands behind the suspect.

        Args:
            found, events: what the store gave, the events asked for behind the record or the strip.

        Raises:
            MillpondError: the store holds what another layout wrote.
        """
        record = self._of_tile(found, suspect.tile)
        if record is None or self._layout.decode([record])["n"][0] <= suspect.n:
            return None
        texts: dict[str, str] = {}
        if self._kept is not None:
            if events is None or events[:HEADER_BYTES] != record[:HEADER_BYTES]:
                return None
            texts = {self._kept: kept_in(events).text}
        schema = self._fetch(int.from_bytes(suspect.header[1:], "big"))
        return suspect.header + encoded(schema, self._layout, record, texts, level=suspect.level)

    def _of_tile(self, found: bytes | None, tile: int) -> bytes | None:
        """The record of a tile; None where the store has none of it any more."""
        if found is None or self._layout.is_strip:
            return None if found is None else record_of(self._layout, found, tile)
        return found if self._layout.decode([found])["tile"][0] == tile else None

    def _events(self, packed: Sequence[bytes], values: Mapping[str, Field]) -> Sequence[bytes | None]:
        """What is stored beside each record; None where tiles keep no events."""
        if self._kept is None:
            return [None] * len(packed)
        texts = values[self._kept]
        assert isinstance(texts, Slices), "events are a text"
        return list(map(kept, packed, texts.marks().values))

    def _key_values(self, column: Field) -> list[Any]:
        if column.nulls is not None and column.nulls.any():
            raise ValueError("a key column is null")
        return column.texts() if isinstance(column, Slices) else column.values.tolist()

    def _columns(self, level: Ints, tile: Ints, values: Mapping[str, Field]) -> dict[str, Column | Texts]:
        unknown = ~np.isin(level, self._sizes)
        if unknown.any():
            raise ValueError(f"a tile of {level[unknown][0]} ms, which this fragment does not carry")
        first, last = (integers(values, name) - level * tile for name in ("first_ts", "last_ts"))
        if (last >= level).any():
            raise ValueError("an event after its tile")
        columns: dict[str, Column | Texts] = {
            name: Column(numbers, None) for name, numbers in (("tile", tile), ("first", first), ("last", last))
        }
        for name in ("n", *self._partials):
            column = values[name]
            if isinstance(column, Column):
                columns[name] = column
            else:
                columns[name] = column.marks() if name in self._layout.marks else column.integers()
        return columns


def _undominated(keys: Sequence[bytes | None], n: Sequence[int], first: Sequence[int]) -> list[bool]:
    """Which rows must be offered to the guard: all but those the next row of their key would replace in any store."""
    keep = [True] * len(keys)
    newest: dict[bytes | None, int] = {}
    for at, key in enumerate(keys):
        before = newest.get(key)
        if before is not None and n[at] >= n[before] and first[at] <= first[before]:
            keep[before] = False
        newest[key] = at
    return keep
