"""EventSource: where events come from, and which are accepted."""

import re
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final

from millpond.define import checks
from millpond.define.avro import SourceSchema, read_schema
from millpond.define.place import Place, located, place_of_caller, remember
from millpond.plan.errors import DefinitionError
from millpond.plan.model import SourcePlan
from millpond.plan.names import check_name
from millpond.plan.types import INT, STRING, TIMESTAMP
from millpond.plan.windows import parse_duration

_TOPIC: Final = re.compile(r"[A-Za-z0-9._-]{1,249}")


@dataclass(frozen=True, eq=False)
class EventSource:
    """A Kafka topic, its Avro schema, event time, event id and allowed lateness.

    Args:
        name: such as `transactions`.
        topic: the Kafka topic.
        schema: the .avsc file, its path from the project's root.
        event_time: the field that says when it happened: a timestamp, such as `"sold_at"` or `"header.sold_at"`. An
            event without is refused.
        event_id: the field that tells copies of one event apart from two events; an event without is refused. None
            where every record is an event of its own.
        lateness: how long after its time an event may arrive, such as `"1d"`; later ones are refused.
        owner: who answers for the topic.
        full_history: the topic holds every event there ever was, so that windows are covered from the beginning.
        description: prose.

    Raises:
        DefinitionError: a value that cannot be right. The schema is read when the pool is loaded.
    """

    name: str
    _: KW_ONLY
    topic: str
    schema: str
    event_time: str
    event_id: str | None = None
    lateness: str
    owner: str
    full_history: bool = False
    description: str = ""
    place: Place = field(default_factory=place_of_caller, init=False, repr=False)

    def __post_init__(self) -> None:
        check_name(self.name, "the source")
        with located(self.name):
            checks.owner(self.owner)
            checks.description(self.description)
            checks.path(self.event_time, "event_time")
            if self.event_id is not None:
                checks.path(self.event_id, "event_id")
            if not isinstance(self.full_history, bool):
                raise DefinitionError(
                    f"full_history={self.full_history!r} is not a boolean", mend="write True or False"
                )
            topic = checks.text(self.topic, "topic", 'name the Kafka topic: topic="shop.sale.v1"')
            if not _TOPIC.fullmatch(topic) or topic in (".", ".."):
                raise DefinitionError(
                    f"topic={self.topic!r} is not the name of a Kafka topic",
                    mend="use letters, digits, '.', '_' and '-'",
                )
            with located("lateness"):
                parse_duration(self.lateness)
            path = PurePosixPath(checks.text(self.schema, "schema", 'name the file: schema="schemas/x.v1.avsc"'))
            if path.is_absolute() or ".." in path.parts:
                raise DefinitionError(
                    f"schema={self.schema!r} is outside the project",
                    mend='write its path from the project\'s root: "schemas/…"',
                )
        remember(self)

    def _repr_html_(self) -> str:
        from millpond.define.notebook import source_card

        return source_card(self)

    def read(self, root: Path) -> SourceSchema:
        """The fields of its schema, read from the project at `root`.

        Raises:
            DefinitionError: the schema is missing or wrong, or has no such event time or id.
        """
        with located(f"{self.name}.schema: {self.schema}"):
            schema = read_schema(root / self.schema)
        with located(self.name):
            self._check_field(schema, self.event_time, "event_time", (TIMESTAMP,), "a timestamp-millis or -micros")
            if self.event_id is not None:
                self._check_field(schema, self.event_id, "event_id", (STRING, INT), "a string or a whole number")
        return schema

    def _check_field(self, schema: SourceSchema, name: str, what: str, kinds: tuple[object, ...], wanted: str) -> None:
        with located(what):
            if schema.type_of(name) not in kinds:
                raise DefinitionError(f"the field {name!r} is of type {schema.type_of(name)}", mend=f"name {wanted}")

    def plan(self, schema: SourceSchema) -> SourcePlan:
        """The source as a Plan holds it."""
        return SourcePlan(
            name=self.name,
            topic=self.topic,
            schema=schema.reader,
            columns=schema.columns,
            micros=schema.micros,
            event_time=self.event_time,
            event_id=self.event_id,
            lateness_ms=parse_duration(self.lateness),
            full_history=self.full_history,
        )
