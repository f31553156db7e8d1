"""Orders with records, maps, enums and unions in them: what a source reads; see also order_writers.py.

Every event is of an entity of its own, so that a feature reads back each of its values.
"""

import json
import random
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from millpond.define.compiler import compile_pool
from millpond.plan.model import Pool
from tests.integration.flink_world import Row, by_path

TOPIC: Final = "shop.order.v1"
NOON: Final = 1_717_243_200_000  # 2024-06-01 12:00
Schema = dict[str, Any]


def decimal(precision: int, scale: int) -> Schema:
    """An Avro decimal."""
    return {"type": "bytes", "logicalType": "decimal", "precision": precision, "scale": scale}


def instant(unit: str) -> Schema:
    """An Avro timestamp, in `millis` or `micros`."""
    return {"type": "long", "logicalType": f"timestamp-{unit}"}


def _or_null(type: Any) -> Schema:
    return {"type": ["null", type], "default": None}


_ADDRESS: Final[Schema] = {
    "type": "record",
    "name": "Address",
    "fields": [{"name": "country", "type": "string"}, {"name": "zip", **_or_null("string")}],
}
KIND: Final[Schema] = {"type": "enum", "name": "Kind", "symbols": ["NEW", "AGAIN", "OTHER"], "default": "OTHER"}
CUSTOMER: Final[Schema] = {
    "type": "record",
    "name": "Customer",
    "fields": [
        {"name": "id", "type": "string"},
        {"name": "tier", "type": ["null", "Kind"]},
        {"name": "address", **_or_null(_ADDRESS)},
        {"name": "balance", "type": decimal(10, 2)},
        {"name": "first_seen", **_or_null(instant("micros"))},
        {"name": "born", **_or_null(instant("millis"))},
    ],
}
_PART: Final[Schema] = {
    "type": "record",
    "name": "Part",
    "fields": [{"name": "weight", "type": "double"}, {"name": "made_in", **_or_null("Address")}],
}
_TREE: Final[Schema] = {
    "type": "record",
    "name": "Tree",
    "fields": [{"name": "leaf", "type": "double"}, {"name": "rest", **_or_null("Tree")}],
}
SCHEMA: Final[Schema] = {
    "type": "record",
    "name": "Order",
    "namespace": "shop",
    "fields": [
        {"name": "header", "type": {"type": "record", "name": "Header", "fields": [
            {"name": "id", "type": "string"},
            {"name": "sent_at", "type": instant("millis")},
            {"name": "taken_at", "type": instant("micros")},
            {"name": "kind", "type": KIND},
        ]}},
        {"name": "case_id", "type": "string"},
        {"name": "customer", **_or_null(CUSTOMER)},
        {"name": "payer", **_or_null("Customer")},
        {"name": "state", "type": {"type": "enum", "name": "State", "symbols": ["OPEN", "DONE"]}},
        {"name": "attributes", "type": {"type": "map", "values": "string"}},
        {"name": "scores", "type": {"type": "map", "values": ["null", "double"]}},
        {"name": "amounts", "type": {"type": "map", "values": decimal(10, 2)}},
        {"name": "seen", "type": {"type": "map", "values": instant("micros")}},
        {"name": "parts", "type": {"type": "map", "values": _PART}},
        {"name": "quantity", "type": "long", "default": 1, "aliases": ["pieces"]},
        {"name": "rate", "type": "double"},
        {"name": "lines", "type": {"type": "array", "items": "string"}},
        {"name": "tree", "type": _TREE},
    ],
}  # fmt: skip
# Every kind of value: what is written in a definition, the path it has, and how many of its units are a millisecond.
VALUES: Final[dict[str, tuple[str, str, int]]] = {
    "sent_at": ("_.header.sent_at", "header.sent_at", 1),
    "taken_at": ("_.header.taken_at", "header.taken_at", 1_000),
    "kind": ("_.header.kind", "header.kind", 0),
    "customer": ("_.customer.id", "customer.id", 0),
    "tier": ("_.customer.tier", "customer.tier", 0),
    "country": ("_.customer.address.country", "customer.address.country", 0),
    "zip": ('_["customer"]["address"].zip', "customer.address.zip", 0),
    "balance": ("_.customer.balance", "customer.balance", 0),
    "first_seen": ("_.customer.first_seen", "customer.first_seen", 1_000),
    "born": ("_.customer.born", "customer.born", 1),
    "payer": ("_.payer.id", "payer.id", 0),
    "payer_balance": ("_.payer.balance", "payer.balance", 0),
    "payer_born": ("_.payer.born", "payer.born", 1),
    "state": ("_.state", "state", 0),
    "channel": ('_.attributes["channel"]', 'attributes["channel"]', 0),
    "odd": (r"""_.attributes["it's \"`odd`\"\n.é"]""", r"""attributes["it's \"`odd`\"\n.é"]""", 0),
    "risk": ('_.scores["risk"]', 'scores["risk"]', 0),
    "net": ('_.amounts["net"]', 'amounts["net"]', 0),
    "seen_first": ('_.seen["first"]', 'seen["first"]', 1_000),
    "weight": ('_.parts["left"].weight', 'parts["left"].weight', 0),
    "made_in": ('_.parts["left"].made_in.country', 'parts["left"].made_in.country', 0),
    "quantity": ("_.quantity", "quantity", 0),
    "rate": ("_.rate", "rate", 0),
}
ORDER: Final[Row] = {
    "header": {"id": "", "sent_at": NOON, "taken_at": NOON * 1_000 + 999, "kind": "AGAIN"},
    "customer": {
        "id": "c1", "tier": "NEW", "address": {"country": "SE", "zip": "1"}, "balance": Decimal("12.30"),
        "first_seen": -1, "born": -1,
    },
    "payer": None,
    "state": "DONE",
    "attributes": {"channel": "web", "it's \"`odd`\"\n.é": "even"},
    "scores": {"risk": 0.5, "none": None},
    "amounts": {"net": Decimal("-1.20"), "gross": Decimal(0)},
    "seen": {"first": NOON * 1_000 - 1},
    "parts": {"left": {"weight": 2.5, "made_in": {"country": "NO", "zip": None}}},
    "quantity": 3,
    "rate": 1.25,
    "lines": ["a", "b"],
    "tree": {"leaf": 1.0, "rest": {"leaf": 2.0, "rest": None}},
}  # fmt: skip


def pool(root: Path, topic: str = TOPIC) -> Pool:
    """A view of what each event says, and one of what the events of a customer say together; compiled in a folder."""
    (root / "schemas").mkdir()
    (root / "features" / "orders").mkdir(parents=True)
    (root / "millpond.toml").touch()
    (root / "schemas" / "order.avsc").write_text(json.dumps(SCHEMA))
    (root / "features" / "orders" / "sources.py").write_text(_SOURCES.format(topic=topic))
    said = ", ".join(f'"{name}": {written}' for name, (written, _path, _per_ms) in VALUES.items())
    for view, text in (("said", _SAID), ("together", _TOGETHER)):
        (root / "features" / "orders" / f"{view}.py").write_text(text.format(said=said))
    return compile_pool(root)


_SOURCES: Final = """
from millpond import Entity, EventSource

case = Entity("case", keys=["case_id"])
customer = Entity("customer", keys=["customer_id", "country"])
orders = EventSource(
    "orders", topic="{topic}", schema="schemas/order.avsc", event_time="header.sent_at", event_id="header.id",
    lateness="2h", owner="tests", full_history=True,
)
"""
_SAID: Final = """
from features.orders import sources
from millpond import LIFETIME, Count, FeatureView, Last, _

said = FeatureView(
    "said", version=1, owner="tests", entity=sources.case, source=sources.orders, by={{"case_id": _.case_id}},
    windows=[LIFETIME], features={{"last": Last({{{said}}}), "events": Count()}},
)
"""
_TOGETHER: Final = """
from features.orders import sources
from millpond import LIFETIME, ArgMax, ArgMin, Count, FeatureView, First, Last, Sum, _

together = FeatureView(
    "together", version=1, owner="tests", entity=sources.customer, source=sources.orders,
    by={{"customer_id": _.customer.id, "country": _.customer.address.country}}, windows=[LIFETIME],
    features={{
        "first": First({{{said}}}),
        "last": Last({{{said}}}),
        "dearest": ArgMax({{{said}}}, by=_.customer.balance),
        "lightest": ArgMin({{{said}}}, by=_.parts["left"].weight),
        "net": Sum(_.amounts["net"], where=(_.attributes["channel"] == "web") & _.customer.tier.notnull()),
        "at_home": Count(where=_.customer.address.country == _.parts["left"].made_in.country),
    }},
)
"""


# --- what customers do ----------------------------------------------------------------------------------------------

CUSTOMERS: Final = (("t0", "SE"), ("t0", "NO"), ("t1", "SE"), ("nobody", "SE"))


def history(draw: random.Random, count: int) -> list[Row]:
    """Orders of a few customers that often tie in time, with nulls at every level; up to noon."""
    return [_drawn(draw, f"h{number}") for number in range(count)]


def _drawn(draw: random.Random, name: str) -> Row:
    def or_null(value: Any) -> Any:
        return None if draw.random() < 0.25 else value

    def some(values: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in values.items() if draw.random() < 0.75}

    customer = {
        "id": draw.choice(("t0", "t1")),
        "tier": or_null(draw.choice(("NEW", "OTHER"))),
        "address": or_null({"country": draw.choice(("SE", "NO")), "zip": or_null(str(draw.randrange(9)))}),
        "balance": Decimal(draw.randrange(-3, 4)).scaleb(-2),
        "first_seen": or_null(draw.randrange(-(10**6), 10**6)),
        "born": or_null(draw.randrange(-(10**6), 10**6)),
    }
    made_in = {"country": draw.choice(("SE", "NO")), "zip": None}
    return {
        "header": {
            "id": name,
            "sent_at": NOON - draw.randrange(6),
            "taken_at": draw.randrange(10**9),
            "kind": draw.choice(("NEW", "AGAIN")),
        },
        "case_id": f"history {name}",
        "customer": or_null(customer),
        "payer": or_null(customer),
        "state": draw.choice(("OPEN", "DONE")),
        "attributes": some({"channel": draw.choice(("web", "till")), 'it\'s "`odd`"\n.é': name}),
        "scores": some({"risk": or_null(draw.random())}),
        "amounts": some({"net": Decimal(draw.randrange(-99, 99)).scaleb(-2)}),
        "seen": some({"first": draw.randrange(10**9)}),
        "parts": some({"left": {"weight": float(draw.randrange(3)), "made_in": or_null(made_in)}}),
        "quantity": draw.randrange(3),
        "rate": draw.random(),
        "lines": [],
        "tree": {"leaf": 0.0, "rest": None},
    }


def told(event: Row) -> Row:
    """The value of each path of an event, timestamps in ms."""
    flat = by_path(event, [path for _, path, _ in VALUES.values()])
    return {
        path: flat[path] // per_ms if per_ms and flat[path] is not None else flat[path]
        for _, path, per_ms in VALUES.values()
    }
