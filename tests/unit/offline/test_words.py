"""Numbers and spans in few characters."""

from decimal import Decimal

import pytest

from millpond.offline.words import field, minute, share, short, span, value
from millpond.plan.types import STRING, TIMESTAMP


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0"), (7, "7"), (9_999, "9,999"), (9_999.5, "10k"), (95_695.99, "95.7k"), (999_499, "999k"),
        (999_999, "1M"), (Decimal("2560123.45"), "2.56M"), (999.6e6, "1G"), (1e12, "1,000G"), (1e15, "1e+15"),
        (-12_345, "-12.3k"), (0.0033124, "0.00331"), (123.456, "123"), (1_234.5, "1,234"),
    ],
)  # fmt: skip
def test_a_number_takes_few_characters(number: float | Decimal, text: str) -> None:
    assert short(number) == text


@pytest.mark.parametrize(
    ("ms", "text"), [(1, "1 ms"), (1_000, "1 s"), (90_000, "1.5 min"), (3_600_000, "1 h"), (864 * 10**5, "1 d")]
)
def test_a_span_is_told_in_its_largest_unit(ms: int, text: str) -> None:
    assert span(ms) == text


def test_parts_values_and_instants() -> None:
    assert [share(*of) for of in ((0, 5), (1, 500), (1, 3), (5, 5))] == ["", "<1%", "33%", "100%"]
    assert minute(1_704_110_459_999) == "2024-01-01 12:00"
    assert value("x" * 100, STRING) == "x" * 79 + "…"
    assert value("a\u202eb", STRING) == "a\\u202eb"
    assert value(1_704_110_400_000, TIMESTAMP) == "2024-01-01 12:00:00"
    given = {"device": {"os": "ios"}, "gone": None}
    assert [field(given, path) for path in ("device.os", "gone.os")] == ["ios", None]
