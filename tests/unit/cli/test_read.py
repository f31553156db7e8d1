"""FIELD=VALUE… on the terminal, as the request it says."""

from decimal import Decimal

import pytest

from millpond.cli.read import _request
from millpond.plan.errors import ReadError
from millpond.plan.model import Column
from millpond.plan.types import Type

COLUMNS = tuple(
    Column(name, Type.parse(type))
    for name, type in {
        "number": "int", "amount": "decimal(18,2)", "rate": "double", "who": "string", "new": "boolean",
        "at": "timestamp", "device.place.lat": "double", "device.os": "string",
    }.items()
)  # fmt: skip


@pytest.mark.parametrize(
    ("given", "request_"),
    [
        ("number=-7", {"number": -7}),
        ("amount=10.00", {"amount": Decimal("10.00")}),
        ("rate=1e-3", {"rate": 0.001}),
        ("who=a=b", {"who": "a=b"}),
        ("who=", {"who": ""}),
        ("who", {"who": None}),
        ("new=false", {"new": False}),
        ("at=1969-12-31T23:59:59.999Z", {"at": -1}),
        ("at=-1", {"at": -1}),
        ("device.place.lat=1 device.os", {"device": {"place": {"lat": 1.0}, "os": None}}),
    ],
)
def test_values_are_read_as_their_types(given: str, request_: object) -> None:
    assert _request(given.split(), COLUMNS) == request_


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("number=1.5", r"number is int, not '1\.5'[\s\S]*a whole number"),
        ("amount=ten", r"amount is decimal\(18,2\), not 'ten'"),
        ("new=yes", r"new is boolean, not 'yes'[\s\S]*true or false"),
        ("at=noon", r"at is timestamp, not 'noon'[\s\S]*2024-01-31T12:00:00Z"),
        ("amont=1", r"'amont=1' is not FIELD=VALUE of this set[\s\S]*did you mean 'amount'"),
    ],
)
def test_what_is_no_value_of_its_type_is_refused(given: str, said: str) -> None:
    with pytest.raises(ReadError, match=said):
        _request([given], COLUMNS)
