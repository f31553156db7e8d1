"""Jobs to render: views of every kind over a source with every type."""

from decimal import Decimal
from typing import Any, Final

import msgspec

from millpond.plan.deployment import Backfill, JobRecord, fragments_of
from millpond.plan.expr import Field, constant, decimal_constant
from millpond.plan.model import Column, EntityPlan, FeaturePlan, LevelPlan, SourcePlan, ViewPlan
from millpond.plan.operations import call
from millpond.plan.partials import Partial
from millpond.plan.types import BOOLEAN, DOUBLE, INT, STRING, TIMESTAMP, Type
from millpond.plan.windows import DAY, HOUR, MINUTE, WindowSpan
from millpond.sql.flink_tables import Target

CENTS: Final = Type.parse("decimal(10,2)")
SCHEMA: Final[dict[str, Any]] = {
    "type": "record",
    "name": "Payment",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "made_at", "type": ["null", "long"]},
        {"name": "value", "type": ["null", "string"], "default": None},
        {"name": "shop", "type": ["null", "long"], "default": None},
        {"name": "amount", "type": {"type": "bytes", "logicalType": "decimal", "precision": 10, "scale": 2}},
        {"name": "pieces", "type": "long"},
        {"name": "distance", "type": ["null", "double"], "default": None},
        {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["OK", "FAILED"]}},
        {"name": "seen_at", "type": ["null", "long"], "default": None},
        {"name": "first", "type": "boolean", "default": False},
    ],
}
SOURCE: Final = SourcePlan(
    name="payments",
    topic="shop.payment.v1",
    schema=msgspec.json.encode(SCHEMA).decode(),
    columns=(
        Column("id", STRING),
        Column("made_at", TIMESTAMP),
        Column("value", STRING),
        Column("shop", INT),
        Column("amount", CENTS),
        Column("pieces", INT),
        Column("distance", DOUBLE),
        Column("status", STRING),
        Column("seen_at", TIMESTAMP),
        Column("first", BOOLEAN),
    ),
    micros=("made_at", "seen_at"),
    event_time="made_at",
    event_id="id",
    lateness_ms=DAY,
)
FIELDS: Final = {column.name: Field(column.name, column.type) for column in SOURCE.columns}
TARGET: Final = Target(
    ns="test", kafka="broker:9092", registry="http://registry:8080/apis/ccompat/v7", schema_id=7, parallelism=2
)

FAILED: Final = call("eq", FIELDS["status"], constant("FAILED", STRING))
_DEAR: Final = call("gt", FIELDS["amount"], decimal_constant(Decimal("9.99")))
PARTIALS: Final = (
    Partial(name="payments_count", function="count", value=None, where=None, type=INT),
    Partial(name="failed_count", function="count", value=None, where=FAILED, type=INT),
    Partial(name="volume_sum", function="sum", value=FIELDS["amount"], where=None, type=Type.parse("decimal(20,2)")),
    Partial(name="pieces_sum", function="sum", value=FIELDS["pieces"], where=_DEAR, type=Type.parse("decimal(29,0)")),
    Partial(name="way_sum", function="sum", value=FIELDS["distance"], where=None, type=DOUBLE),
    Partial(name="way_count", function="count", value=FIELDS["distance"], where=None, type=INT),
    Partial(name="least_min", function="min", value=FIELDS["amount"], where=FAILED, type=CENTS),
    Partial(name="seen_max", function="max", value=FIELDS["seen_at"], where=None, type=TIMESTAMP),
)


def view(
    name: str = "account",
    *,
    keys: tuple[Column, ...] = (Column("account", STRING),),
    by: tuple[str, ...] = ("value",),
    sizes: tuple[int, ...] = (MINUTE, HOUR, DAY),
    lifetime: bool = True,
    source: SourcePlan = SOURCE,
    partials: tuple[Partial, ...] = PARTIALS,
) -> ViewPlan:
    """A view whose windows are as long as its levels."""
    features = tuple(
        FeaturePlan(
            name=f"payments_{size}",
            aggregation="count",
            type=INT,
            window=WindowSpan(label=str(size), size_ms=size * 20),
            partials=(partials[0].name,),
            level_ms=size,
            tail_error_ms=size - 1,
        )
        for size in sizes
    )
    return ViewPlan(
        domain="shop",
        name=name,
        version=3,
        owner="shops",
        description="",
        entity=EntityPlan(name=name, keys=keys),
        source=source,
        by=tuple(FIELDS[field] for field in by),
        precision="5%",
        partials=partials,
        features=features,
        levels=tuple(LevelPlan(size_ms=size, slots=64) for size in sizes),
        lifetime=lifetime,
    )


def job(
    *views: ViewPlan,
    start_ts: int = 0,
    offsets: tuple[int, ...] = (0, 12),
    bound: tuple[int, ...] | None = None,
    source: SourcePlan = SOURCE,
) -> JobRecord:
    """The job of some views, first generation; with a backfill up to `bound`."""
    backfill = bound and Backfill(
        start_offsets=(0,) * len(bound), bound_offsets=bound, flink_job_id="", state="waiting"
    )
    return JobRecord(
        name="shop.payments.0123abcd",
        domain="shop",
        source=source,
        views=views,
        fragments=tuple(fragment for one in views for fragment in fragments_of(one, 1)),
        flink_job_id="",
        partitions=len(offsets),
        topic_partitions=2,
        start_offsets=offsets,
        start_ts=start_ts,
        covered_since=start_ts,
        deployed_at=0,
        backfill=backfill or None,
    )
