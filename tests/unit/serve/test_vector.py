"""Vectors as notebooks show them: a value beside what it is worth."""

from decimal import Decimal
from typing import Any

import pytest

from millpond.plan.types import Type
from millpond.serve.status import STATUSES, TONES, USABLE, Status
from millpond.serve.vector import Vector
from tests.unit.plan.cards import safe

EVIL = "</code><img src=x onerror=alert(1)>"


def vector(*places: tuple[str, Any, Status], reason: str = "") -> Vector:
    return Vector(
        names=tuple(f"sender.f{at}_1h" for at in range(len(places))),
        types=tuple(Type.parse(type) for type, _value, _status in places),
        computed=tuple(value for _type, value, _status in places),
        statuses=tuple(status for _type, _value, status in places),
        as_of=1_709_287_200_123,
        reason=reason,
    )


def test_a_vector_shows_its_instant_its_worst_status_and_each_place() -> None:
    one = vector(("decimal(18,2)", Decimal("1.50"), "present"), ("int", 7, "stale"), reason="the store is slow")

    assert safe(one._repr_html_()).texts == [
        "2 places as of 2024-03-01 10:00:00.123 UTC", "stale", "the store is slow",
        "place", "value", "type", "status",
        "sender.f0_1h", "1.50", "decimal(18,2)", "present",
        "sender.f1_1h", "null", "int", "stale",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("string", EVIL),
        ("list(string)", (EVIL, "b")),
        ("counts(string)", {EVIL: 1}),
    ],
)
def test_what_an_event_says_runs_nothing(type: str, value: Any) -> None:
    assert any(EVIL in text for text in safe(vector((type, value, "present"))._repr_html_()).texts)


def test_why_the_store_did_not_answer_runs_nothing() -> None:
    assert EVIL in safe(vector(("int", None, "unavailable"), reason=EVIL)._repr_html_()).texts


def test_every_status_has_a_colour_and_only_what_is_to_be_used_a_calm_one() -> None:
    assert TONES.keys() == set(STATUSES)
    assert {status for status in STATUSES if TONES[status] == "bad"} == set(STATUSES) - USABLE
    assert [status for status in STATUSES if TONES[status] == "good"] == ["present"]


def test_an_empty_vector_is_shown_too() -> None:
    assert "0 places as of 2024-03-01 10:00:00.123 UTC" in safe(vector()._repr_html_()).texts
