"""Values as people read them."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.clock import ms_of
from millpond.plan.english.values import instant, shown, visible
from millpond.plan.types import Type


@pytest.mark.parametrize(
    ("value", "type", "text"),
    [
        (None, "int", "null"),
        (True, "boolean", "true"),
        (False, "boolean", "false"),
        (7, "int", "7"),
        (Decimal("1E+3"), "decimal(18,2)", "1000"),
        (Decimal("0.00"), "decimal(18,2)", "0.00"),
        (0.1, "double", "0.1"),
        ("a|b", "string", "a|b"),
        (1_709_287_200_000, "timestamp", "2024-03-01 10:00:00"),
        (1_709_287_200_001, "timestamp", "2024-03-01 10:00:00.001"),
        ((Decimal("1.50"), Decimal("2.00")), "list(decimal(10,2))", "[1.50, 2.00]"),
        ((0, 1_000), "list(timestamp)", "[1970-01-01 00:00:00, 1970-01-01 00:00:01]"),
        ({"TILL": 3, "WEB": 1}, "counts(string)", "{TILL: 3, WEB: 1}"),
    ],
)
def test_a_value_is_shown_as_its_type_is(value: object, type: str, text: str) -> None:
    assert shown(value, Type.parse(type)) == text


def test_what_is_no_value_is_refused() -> None:
    with pytest.raises(TypeError, match="is no value of type int"):
        shown(object(), Type.parse("int"))


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001  hypothesis adds the zone
def test_an_instant_reads_back_as_itself(moment: datetime) -> None:
    ms = ms_of(moment.replace(tzinfo=UTC))
    assert ms_of(datetime.fromisoformat(instant(ms)).replace(tzinfo=UTC)) == ms


def test_what_cannot_be_seen_is_written_out() -> None:
    assert visible("a\u202eb\0c\nd é\U0001f600") == "a\\u202eb\\u0000c\\nd é\U0001f600"


@given(st.text())
def test_all_of_a_visible_text_can_be_seen(text: str) -> None:
    assert visible(text).isprintable()
