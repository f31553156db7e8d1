"""A published set built by hand, and the replies a store would give for a list of events."""

from collections.abc import Mapping, Sequence
from decimal import Decimal

from millpond.plan.aggregations import AGGREGATIONS
from millpond.plan.deployment import Publication, Served
from millpond.plan.expr import Field
from millpond.plan.model import (
    Binding,
    Column,
    EntityPlan,
    FeaturePlan,
    LevelPlan,
    SetFeature,
    SetPlan,
    SourcePlan,
    ViewPlan,
)
from millpond.plan.partials import Partial
from millpond.plan.types import INT, STRING, TIMESTAMP, Type
from millpond.plan.windows import DAY, HOUR, MINUTE, WindowSpan, ring_slots
from millpond.serve.flow import ReadFlow
from millpond.serve.vector import Vector
from millpond.store.records import RecordLayout
from millpond.store.strip import strip_of
from tests.unit.store.columns import columns
from tests.unit.store.strips import left_of

MONEY = Type("decimal", 10, 2)
AMOUNT = Field("amount", MONEY)
Event = tuple[int, Decimal]

HOURLY = WindowSpan(label="1h", size_ms=HOUR)
DELAYED = WindowSpan(label="1h_delayed_2h", size_ms=HOUR, delay_ms=2 * HOUR)
EVER = WindowSpan(label="lifetime", size_ms=None)
SPANS = (HOURLY, DELAYED, EVER)
LEVEL = MINUTE

_STATES = {"count": ("n_count",), "sum": ("s_sum",), "mean": ("s_sum", "n_count"), "min": ("m_min",), "max": ("m_max",)}
PARTIALS = (
    Partial(name="n_count", function="count", value=None, where=None, type=INT),
    Partial(name="s_sum", function="sum", value=AMOUNT, where=None, type=Type("decimal", 20, 2)),
    Partial(name="m_min", function="min", value=AMOUNT, where=None, type=MONEY),
    Partial(name="m_max", function="max", value=AMOUNT, where=None, type=MONEY),
)


def view() -> ViewPlan:
    features = tuple(
        FeaturePlan(
            name=f"{name}_{span.label}",
            aggregation=name,
            type=AGGREGATIONS[name].result(MONEY),
            window=span,
            partials=_STATES[name],
            level_ms=DAY if span.size_ms is None else LEVEL,
            tail_error_ms=0 if span.size_ms is None else LEVEL - 1,
        )
        for name in _STATES
        for span in SPANS
    )
    return ViewPlan(
        domain="shop",
        name="card",
        version=1,
        owner="tests",
        description="",
        entity=EntityPlan(name="card", keys=(Column("card_id", STRING),)),
        source=SourcePlan(
            name="sales",
            topic="shop.sale.v1",
            schema="{}",
            columns=(Column("at", TIMESTAMP), Column("card_id", STRING), Column("amount", MONEY)),
            micros=(),
            event_time="at",
            event_id=None,
            lateness_ms=HOUR,
        ),
        by=(Field("card_id", STRING),),
        precision="5%",
        partials=PARTIALS,
        features=features,
        levels=(LevelPlan(size_ms=LEVEL, slots=ring_slots([HOURLY, DELAYED], LEVEL)),),
        lifetime=True,
    )


def publication(*, covered_since: int = 0, deployed_at: int = 0) -> Publication:
    plan = view()
    return Publication(
        plan=SetPlan(
            domain="shop",
            name="risk",
            version=1,
            owner="tests",
            description="",
            request=(Column("card_id", STRING),),
            bindings=(Binding(alias="card", view="shop.card", version=1, meaning="", request_fields=("card_id",)),),
            features=tuple(SetFeature("card", f.name, f.type) for f in plan.features),
        ),
        views=(
            Served(
                view=plan,
                generation=1,
                job="shop.sales.0",
                covered_since=covered_since,
                deployed_at=deployed_at,
            ),
        ),
    )


def strip(events: Sequence[Event], size: int, slots: int | None) -> bytes | None:
    """The strip that a store holds after these events; None where there were none."""
    held: dict[int, list[Event]] = {}
    for ts, amount in events:
        held.setdefault(ts // size, []).append((ts, amount))
    if not held:
        return None
    left, gone = left_of(held, slots)
    kept = [(tile, held[tile]) for tile in left]
    cents = [[int(amount * 100) for _, amount in inside] for _, inside in kept]
    numbers = columns(
        {
            "tile": left,
            "n": [len(inside) for _, inside in kept],
            "first": [min(ts for ts, _ in inside) % size for _, inside in kept],
            "last": [max(ts for ts, _ in inside) % size for _, inside in kept],
            "n_count": [len(inside) for _, inside in kept],
            "s_sum": [sum(some) for some in cents],
            "m_min": [min(some) for some in cents],
            "m_max": [max(some) for some in cents],
        }
    )
    return strip_of(RecordLayout.of(view()).pack(numbers), gone=gone)


def stamps(flow: ReadFlow, at: int) -> dict[bytes, int]:
    """Freshness stamps that say everything was seen up to date at an instant."""
    return {part.stamp: at for part in flow.parts}


def read(
    events: Sequence[Event],
    *,
    as_of: int | None,
    now: int,
    fresh: Mapping[bytes, int] | None = None,
    covered_since: int = 0,
    deployed_at: int = 0,
) -> Vector:
    flow = ReadFlow(publication(covered_since=covered_since, deployed_at=deployed_at), "dev")
    replies = [[strip(events, part.size, part.slots)] for part in flow.parts]
    given = stamps(flow, now) if fresh is None else fresh
    return flow.vector(replies, as_of=as_of, asked=now, now=now, fresh=given, stale_after=30_000)
