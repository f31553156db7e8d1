"""A source's own topic as the data of a preview: every record that is in it now, with the time it came in."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import pyarrow as pa
from confluent_kafka import Message
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.error import SchemaRegistryError
from httpx2 import HTTPError  # what confluent-kafka's client raises for a registry that does not answer

from millpond.materialize.decode import Decoder, Json
from millpond.materialize.to_the_end import records
from millpond.offline.events import Events, stored_type
from millpond.plan.errors import MillpondError
from millpond.plan.model import SourcePlan
from millpond.plan.paths import shape_of
from millpond.sql.duckdb_events import Raw
from millpond.sql.quote import double_quoted

SILENCE_S: Final = 15.0
_NOT_FOUND: Final = 404
_RECORDS: Final = "records of a topic"


class Topics:
    """The topics of an environment.

    Args:
        kafka: bootstrap servers.
        registry: the schema registry's Confluent-compatible API.
    """

    def __init__(self, kafka: str, registry: str) -> None:
        self.kafka = kafka
        self.registry = registry

    def read(self, events: Events, source: SourcePlan, paths: list[str]) -> None:
        """See `data.Data`.

        Raises:
            MillpondError: the broker or the registry does not answer, or a schema cannot be read.
        """
        wanted = [source.event_time, *([] if source.event_id is None else [source.event_id]), *paths]
        names = list(dict.fromkeys(wanted))
        held = records(self.kafka, source.topic, group="millpond-preview", silence_s=SILENCE_S)
        with schemas_of(self.registry) as fetch:
            table = _table(source, names, Decoder(source, names, fetch), held)
        events.db.register(_RECORDS, table)
        raw = Raw(
            relation=double_quoted(_RECORDS),
            values={name: double_quoted(name) for name in names},
            doubles=(),
            arrival='"$arrival"',
            place='"$place"',
            unread='"$unread"',
        )
        events.take(source, raw)
        events.db.unregister(_RECORDS)


def _table(source: SourcePlan, names: list[str], decoder: Decoder, held: Iterator[Message]) -> pa.Table:
    """Of each record its values, why there are none, when it came in, and its place."""
    columns: dict[str, list[Any]] = {name: [] for name in (*names, "$arrival", "$place", "$unread")}
    for message in held:
        found = decoder.decode(message.value())
        reason = found if isinstance(found, str) else None
        for name in names:
            columns[name].append(None if isinstance(found, str) else found[name])
        columns["$unread"].append(reason)
        columns["$arrival"].append(message.timestamp()[1])
        columns["$place"].append(message.offset())
    kinds = {column.name: column.type for column in source.columns}
    types = {name: stored_type(kinds[shape_of(name)]) for name in names}
    types |= {"$arrival": pa.int64(), "$place": pa.int64(), "$unread": pa.string()}
    return pa.table({name: pa.array(values, types[name]) for name, values in columns.items()})


@contextmanager
def schemas_of(url: str) -> Iterator[Callable[[int], Json | None]]:
    """What gives the schema of an id; None where the registry has none."""
    with SchemaRegistryClient({"url": url}) as registry:

        def fetch(number: int) -> Json | None:
            try:
                return json.loads(registry.get_schema(number).schema_str or "{}")
            except SchemaRegistryError as refusal:
                if refusal.http_status_code == _NOT_FOUND:
                    return None
                raise MillpondError(
                    f"it refuses schema {number}: {refusal}", where=url, mend="see its log"
                ) from refusal
            except (OSError, HTTPError) as cause:
                raise MillpondError(f"it does not answer: {cause}", where=url, mend="check the address") from cause

        yield fetch
