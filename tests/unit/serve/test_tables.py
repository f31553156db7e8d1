"""Vectors as arrays and tables: exact where they are exact, as the set declares where they become doubles."""

import math
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from millpond.plan.errors import ReadError
from millpond.plan.model import Encoding
from millpond.plan.types import Type
from millpond.serve import to_arrow, to_numpy
from millpond.serve.vector import Vector

PLACES: dict[str, tuple[str, Any]] = {
    "card.count_1h": ("int", 2**62 + 1),
    "card.sum_1h": ("decimal(38,2)", Decimal("12345678901234567890.12")),
    "card.mean_1h": ("double", 0.1),
    "card.channel_1h": ("string", "TILL"),
    "is_far": ("boolean", True),
    "card.paid_at_1h": ("timestamp", 1_700_000_000_123),
}
SEVERAL: dict[str, tuple[str, Any]] = {
    "card.last_1h": ("list(decimal(10,2))", (Decimal("1.50"), Decimal("2.00"))),
    "card.often_1h": ("counts(string)", {"TILL": 3, "WEB": 1}),
}
CODES = Encoding(null=-1.0, categories={"card.channel_1h": ("WEB", "TILL")})


def vector(places: dict[str, tuple[str, Any]], encoding: Encoding, status: Any = "present") -> Vector:
    return Vector(
        names=tuple(places),
        types=tuple(Type.parse(type) for type, _ in places.values()),
        computed=tuple(value for _, value in places.values()),
        statuses=(status,) * len(places),
        as_of=1_700_000_000_000,
        encoding=encoding,
    )


def nulls(places: dict[str, tuple[str, Any]]) -> dict[str, tuple[str, Any]]:
    return {name: (type, None) for name, (type, _) in places.items()}


def test_numbers_are_what_the_set_declares() -> None:
    found = to_numpy([vector(PLACES, CODES), vector(nulls(PLACES), CODES)])

    assert found.shape == (2, 6)
    assert found.tolist() == [[2.0**62, 12345678901234567890.12, 0.1, 1.0, 1.0, 1_700_000_000_123.0], [-1.0] * 6]
    assert vector(PLACES, CODES).to_numpy().tolist() == found[0].tolist()


def test_a_text_that_is_not_listed_is_the_number_of_those_that_are() -> None:
    channel = "card.channel_1h"

    assert vector({channel: ("string", "PHONE")}, CODES).to_numpy().tolist() == [2.0]


def test_null_is_nan_by_default_and_so_is_what_is_not_to_be_used() -> None:
    numbers = {name: one for name, one in PLACES.items() if one[0] != "string"}

    assert all(map(math.isnan, vector(nulls(numbers), Encoding()).to_numpy()))
    assert all(map(math.isnan, vector(numbers, Encoding(), "stale").to_numpy()))


@pytest.mark.parametrize("name", [*SEVERAL, "card.channel_1h"])
def test_what_is_no_number_is_refused_by_name(name: str) -> None:
    with pytest.raises(ReadError, match=rf"{name} is [\s\S]*declare categories"):
        vector({name: (PLACES | SEVERAL)[name]}, Encoding()).to_numpy()
    with pytest.raises(ReadError, match="there are no vectors"):
        to_numpy([])


def test_a_table_holds_every_value_exactly() -> None:
    places = PLACES | SEVERAL
    table = to_arrow([vector(places, CODES), vector(nulls(places), CODES)])

    assert [(field.name, str(field.type)) for field in table.schema] == [
        ("as_of", "timestamp[ms, tz=UTC]"),
        ("card.count_1h", "int64"),
        ("card.sum_1h", "decimal128(38, 2)"),
        ("card.mean_1h", "double"),
        ("card.channel_1h", "string"),
        ("is_far", "bool"),
        ("card.paid_at_1h", "timestamp[ms, tz=UTC]"),
        ("card.last_1h", "list<item: decimal128(10, 2)>"),
        ("card.often_1h", "map<string, int64>"),
    ]
    first, second = table.drop_columns("as_of").to_pylist(maps_as_pydicts="strict")
    assert first["card.paid_at_1h"].timestamp() == pytest.approx(1_700_000_000.123)
    assert [one if isinstance(one, dict | list) else str(one) for one in first.values()][:4] == [
        str(2**62 + 1), "12345678901234567890.12", "0.1", "TILL",
    ]  # fmt: skip
    assert first["card.last_1h"] == list(SEVERAL["card.last_1h"][1])
    assert first["card.often_1h"] == SEVERAL["card.often_1h"][1]
    assert set(second.values()) == {None}


def test_statuses_stand_beside_their_places_and_a_data_frame_is_a_step_away() -> None:
    table = to_arrow([vector(PLACES, CODES, "stale")], statuses=True)

    assert isinstance(table, pa.Table)
    assert table["is_far:status"].to_pylist() == ["stale"]
    assert table["is_far"].to_pylist() == [None]  # not to be used, and not in the table
    assert table.to_pandas().shape == (1, 13)


def test_there_is_no_table_of_nothing() -> None:
    with pytest.raises(ReadError, match="there are no vectors"):
        to_arrow([])
