"""Replies: whatever a set may hold is written, and read back as it was."""

import io
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

import fastavro

from millpond.plan.expr import Constant
from millpond.plan.model import DerivedPlan, SetFeature, SetPlan
from millpond.plan.types import Type
from millpond.serve import Status, Vector
from millpond.services.replies import Replies, Scored, reply_schema

VALUES: Final[Mapping[str, Any]] = {
    "int": -(2**63),
    "decimal(38,10)": Decimal("-1234567890123456789012345678.0123456789"),
    "double": 1e-300,
    "string": "é\0\U0001f600",
    "boolean": False,
    "timestamp": 1_704_110_400_001,
    "list(decimal(4,1))": (Decimal("999.9"), Decimal("-0.1")),
    "list(string)": (),
    "counts(string)": {"WEB": 3, "": 1},
    "counts(int)": {-1: 2**40},
}


def plan() -> SetPlan:
    features = tuple(SetFeature("card", f"f{number}_1h", Type.parse(text)) for number, text in enumerate(VALUES))
    share = DerivedPlan(name="share", type=Type.parse("double"), expr=Constant(1.0, Type.parse("double")))
    return SetPlan(
        domain="shop", name="risk", version=3, owner="tests", description="", request=(), bindings=(),
        features=features, derived=(share,), vector=(*(feature.name for feature in features), "share"),
    )  # fmt: skip


def vector(statuses: list[Status], reason: str = "") -> Vector:
    names = tuple(place.name for place in plan().places)
    types = tuple(place.type for place in plan().places)
    return Vector(names, types, (*VALUES.values(), 0.5), tuple(statuses), 1_704_110_400_001, reason)


def written(one: Vector, reason: str = "", scored: Scored | None = None) -> dict[str, Any]:
    schema = reply_schema(plan(), is_scored=scored is not None)
    value = Replies(plan(), schema, 77).encode(one, reason, partition=2, offset=2**40, scored=scored)
    assert value[:5] == b"\0\0\0\0M"
    body = io.BytesIO(value[5:])
    record = fastavro.schemaless_reader(body, fastavro.parse_schema(schema), None)
    assert body.read() == b""
    assert isinstance(record, dict)
    return record


def test_values_of_every_type_are_written_as_they_are() -> None:
    record = written(vector(["present"] * 11))
    assert record["values"] == {
        "card__f0_1h": VALUES["int"],
        "card__f1_1h": VALUES["decimal(38,10)"],
        "card__f2_1h": VALUES["double"],
        "card__f3_1h": VALUES["string"],
        "card__f4_1h": VALUES["boolean"],
        "card__f5_1h": datetime(2024, 1, 1, 12, 0, 0, 1_000, UTC),
        "card__f6_1h": list(VALUES["list(decimal(4,1))"]),
        "card__f7_1h": [],
        "card__f8_1h": [{"value": "WEB", "count": 3}, {"value": "", "count": 1}],
        "card__f9_1h": [{"value": -1, "count": 2**40}],
        "share": 0.5,
    }
    assert set(record["statuses"].values()) == {"present"}
    assert record["as_of"] == datetime(2024, 1, 1, 12, 0, 0, 1_000, UTC)
    assert (record["status"], record["reason"]) == ("present", None)
    assert (record["partition"], record["offset"]) == (2, 2**40)
    assert "score" not in record


def test_what_is_not_to_be_used_is_null_with_its_status_and_the_reason() -> None:
    statuses: list[Status] = ["present", "stale", "behind", *["present"] * 8]  # type: ignore[list-item]
    record = written(vector(statuses), "not in yet")
    assert [name for name, value in record["values"].items() if value is None] == ["card__f1_1h", "card__f2_1h"]
    assert list(record["statuses"].values()) == statuses
    assert (record["status"], record["reason"]) == ("stale", "not in yet")


def test_a_score_stands_beside_the_vector_or_says_why_there_is_none() -> None:
    record = written(vector(["present"] * 11), scored=Scored(0.25, is_degraded=False))
    assert (record["score"], record["degraded"], record["reason"]) == (0.25, False, None)
    record = written(vector(["stale"] * 11), "why", Scored(None, is_degraded=True, reason="not scored"))
    assert (record["score"], record["degraded"], record["reason"]) == (None, True, "why; not scored")


def test_a_reader_of_today_takes_a_status_of_tomorrow_for_unavailable() -> None:
    today = reply_schema(plan(), is_scored=False)
    tomorrow = reply_schema(plan(), is_scored=False)
    tomorrow["fields"][1]["type"]["symbols"].append("unheard_of")
    buffer = io.BytesIO()
    status = tomorrow["fields"][1]["type"]
    fastavro.schemaless_writer(buffer, fastavro.parse_schema(status), "unheard_of")
    buffer.seek(0)
    read = fastavro.schemaless_reader(
        buffer, fastavro.parse_schema(status), fastavro.parse_schema(today["fields"][1]["type"])
    )
    assert read == "unavailable"
