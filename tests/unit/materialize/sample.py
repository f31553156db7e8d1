"""A view by hand, and rows of its tile topics in the form in which Flink writes them."""

import io
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

import fastavro
import msgspec
from confluent_kafka import Message

from millpond.plan.aggregations import FragmentKind
from millpond.plan.deployment import Fragment, JobRecord, fragments_of
from millpond.plan.expr import Field
from millpond.plan.model import Column, EntityPlan, LevelPlan, SourcePlan, ViewPlan
from millpond.plan.partials import Partial
from millpond.plan.types import DOUBLE, INT, STRING, TIMESTAMP, Type
from millpond.plan.windows import DAY, HOUR, MINUTE
from millpond.store.records import RecordLayout

MONEY = Type("decimal", 10, 2)
AMOUNT = Field("amount", MONEY)
KEYS = (Column("card", STRING), Column("shop", INT))
PARTIALS = (
    Partial(name="sales_count", function="count", value=None, where=None, type=INT),
    Partial(name="volume_sum", function="sum", value=AMOUNT, where=None, type=Type("decimal", 20, 2)),
    Partial(name="least_min", function="min", value=AMOUNT, where=None, type=MONEY),
    Partial(name="weight_max", function="max", value=Field("weight", DOUBLE), where=None, type=DOUBLE),
    Partial(name="due_max", function="max", value=Field("due", TIMESTAMP), where=None, type=TIMESTAMP),
    Partial(
        name="clerk_greatest",
        function="greatest",
        value=None,
        where=None,
        type=STRING,
        order=(Field("at", TIMESTAMP),),
        fields=(Field("clerk", STRING),),
    ),
)
LEVELS = (LevelPlan(size_ms=MINUTE, slots=64), LevelPlan(size_ms=HOUR, slots=30))


def view(partials: tuple[Partial, ...] = PARTIALS) -> ViewPlan:
    return ViewPlan(
        domain="shop",
        name="card_sales",
        version=3,
        owner="tests",
        description="",
        entity=EntityPlan(name="card_shop", keys=KEYS),
        source=SourcePlan(
            name="sales",
            topic="tests.sales",
            schema="{}",
            columns=(Column("at", TIMESTAMP), *KEYS, Column("amount", MONEY)),
            micros=(),
            event_time="at",
            event_id=None,
            lateness_ms=DAY,
        ),
        by=(Field("card", STRING), Field("shop", INT)),
        precision="5%",
        partials=partials,
        features=(),
        levels=LEVELS,
        lifetime=True,
    )


def fragment(kind: FragmentKind, generation: int = 1) -> Fragment:
    return next(f for f in fragments_of(view(), generation) if f.kind == kind)


def job(
    name: str = "shop.sales.0123abcd",
    *,
    source: str = "tests.sales",
    starts: tuple[int, ...] = (0, 0),
    kinds: Iterable[FragmentKind] = ("tiles_short", "tiles_long", "lifetime"),
    topic_partitions: int = 3,
    generation: int = 1,
) -> JobRecord:
    plan = view()
    plan = msgspec.structs.replace(plan, source=msgspec.structs.replace(plan.source, topic=source))
    return JobRecord(
        name=name,
        domain="shop",
        source=plan.source,
        views=(plan,),
        fragments=tuple(fragment(kind, generation) for kind in kinds),
        flink_job_id="",
        partitions=len(starts),
        topic_partitions=topic_partitions,
        start_offsets=starts,
        start_ts=0,
        covered_since=0,
        deployed_at=0,
    )


# --- rows -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class TileRow:
    """A row of a tile topic."""

    card: str = "c1"
    shop: int = 7
    level: int = MINUTE
    tile: int = 1000
    n: int = 1
    first: int = 10
    last: int = 20
    volume: Decimal = Decimal("1.00")
    least: Decimal | None = Decimal("0.50")
    weight: float | None = 1.5
    due: int | None = 1_700_000_000_000
    clerk: str | None = "é\0\0"

    def grown(self, events: int) -> "TileRow":
        """The tile after more events, which came between its first and last."""
        return replace(self, n=self.n + events, volume=self.volume + events)

    @property
    def key(self) -> dict[str, Any]:
        return {"card": self.card, "shop": self.shop, "level": self.level, "tile": self.tile}

    @property
    def value(self) -> dict[str, Any]:
        start = self.level * self.tile
        return {
            "n": self.n,
            "first_ts": start + self.first,
            "last_ts": start + self.last,
            "sales_count": self.n,
            "volume_sum": self.volume,
            "least_min": self.least,
            "weight_max": self.weight,
            "due_max": self.due,
            "clerk_greatest": self.clerk,
        }

    @property
    def record(self) -> tuple[Any, ...]:
        """Its record in the store, field by field, and its mark."""
        cents = int(self.volume * 100)
        nulls = sum(1 << bit for bit, held in enumerate((self.least, self.weight, self.due)) if held is None)
        return (
            self.tile,
            self.n,
            self.first,
            self.last,
            nulls,
            self.n,
            (cents % 2**64, cents >> 64),
            0 if self.least is None else int(self.least * 100),
            self.weight or 0.0,
            self.due or 0,
            self.clerk,
        )


def record_of(layout: RecordLayout, record: bytes) -> tuple[Any, ...]:
    """A record of the store, field by field, and its marks: as `TileRow.record` has it."""
    numbers = [name for name in layout.dtype.names or () if name != "sizes"]
    (found,) = layout.decode([record])[numbers].tolist()
    return (*found, *layout.marks_of(record).values())


def _nullable(kind: Any) -> dict[str, Any]:
    return {"type": ["null", kind], "default": None}


def _decimal(precision: int, scale: int) -> dict[str, Any]:
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def _record(fields: dict[str, Any]) -> dict[str, Any]:
    typed = [
        {"name": name, **(kind if isinstance(kind, dict) and "default" in kind else {"type": kind})}
        for name, kind in fields.items()
    ]
    return {"type": "record", "name": "record", "namespace": "org.apache.flink.avro.generated", "fields": typed}


KEY_SCHEMA = _record({"card": "string", "shop": "long", "level": "long", "tile": "long"})
VALUE_SCHEMA = _record(
    {
        "n": "long",
        "first_ts": _nullable("long"),
        "last_ts": _nullable("long"),
        "sales_count": "long",
        "volume_sum": _decimal(20, 2),
        "least_min": _nullable(_decimal(10, 2)),
        "weight_max": _nullable("double"),
        "due_max": _nullable("long"),
        "clerk_greatest": _nullable("string"),
    }
)
KEEPING_SCHEMA = {**VALUE_SCHEMA, "fields": [*VALUE_SCHEMA["fields"], {"name": "events", "type": "string"}]}
IDS = {1: KEY_SCHEMA, 2: VALUE_SCHEMA, 3: KEEPING_SCHEMA}
_parsed: dict[str, Any] = {}


def wire(schema_id: int, schema: dict[str, Any], row: dict[str, Any]) -> bytes:
    """A row in the Confluent wire format."""
    text = json.dumps(schema)
    if text not in _parsed:
        _parsed[text] = fastavro.parse_schema(json.loads(text))
    out = io.BytesIO()
    fastavro.schemaless_writer(out, _parsed[text], row)
    return b"\0" + schema_id.to_bytes(4, "big") + out.getvalue()


def key_of(row: TileRow, schema_id: int = 1) -> bytes:
    return wire(schema_id, KEY_SCHEMA, row.key)


def value_of(row: TileRow, schema_id: int = 2) -> bytes:
    return wire(schema_id, VALUE_SCHEMA, row.value)


def message(row: TileRow, offset: int = 0) -> "Message[bytes, bytes]":
    return Message(topic="t", partition=0, offset=offset, key=key_of(row), value=value_of(row))


def fetch(schema_id: int) -> Any:
    return IDS[schema_id]
