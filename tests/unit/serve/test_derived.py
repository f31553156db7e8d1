"""Derived places of a vector against SQL that was written by hand, and what their statuses say."""

import math
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import duckdb
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.compiled import load_compiled
from millpond.plan.errors import ReadError
from millpond.plan.expr import Constant
from millpond.plan.model import Column, SetPlan
from millpond.plan.types import Type
from millpond.serve.derived import Derivation
from millpond.serve.request import RequestFields
from millpond.serve.status import SEVERITY, STATUSES, Status
from tests.unit.define.sample import RIGHT

(TILL,) = (plan for plan in load_compiled(RIGHT).sets if plan.name == "till")
MONEY = st.decimals(Decimal(-99_999), Decimal(99_999), places=2)
DEGREES = st.floats(-90, 90)
REQUEST: dict[str, object] = {
    "customer_id": "a",
    "giver_id": None,
    "amount": Decimal("10.00"),
    "address": {"place": {"lat": 52.5, "lon": 13.4}},
    "extra": {},
    "sold_at": 0,
}
# Visits, the giver's spend, the mean, last amounts, counts of channels, home and its campaign: the set's features.
COMPUTED = (3, None, 5.0, (Decimal("4.00"),), {"WEB": 2}, 52.5, "spring")
SQL = """
    SELECT
        amount,
        visits,
        (amount::DOUBLE - mean) / nullif(mean, 0),
        amount - lasts[1],
        coalesce(lasts[2], 0),
        coalesce(channels['WEB'], 0),
        2 * 6371.0088 * asin(abs(sin(radians(home - lat) / 2))) AS km,
        km > 100 AND (amount::DOUBLE - mean) / nullif(mean, 0) > 1,
        campaign = home_campaign,
        hour(epoch_ms(sold_at)) < 6,
        spend,
    FROM (
        SELECT
            $1::DECIMAL(10, 2) AS amount, $2::DOUBLE AS lat, $3::VARCHAR AS campaign, $4::BIGINT AS sold_at,
            $5::BIGINT AS visits, $6::DECIMAL(38, 2) AS spend, $7::DOUBLE AS mean, $8::DECIMAL(10, 2)[] AS lasts,
            CASE WHEN $9 IS NULL THEN NULL ELSE MAP {'WEB': $9::BIGINT, 'TILL': 1} END AS channels,
            $10::DOUBLE AS home, $11::VARCHAR AS home_campaign
    )
"""


def vector(request: dict[str, object], computed: tuple[Any, ...], statuses: tuple[Status, ...]) -> dict[str, Any]:
    """Name -> (value, status)."""
    derivation = Derivation(TILL)
    values, says = derivation.places(derivation.given(request), computed, statuses)
    return dict(zip(derivation.names, zip(values, says, strict=True), strict=True))


@given(
    amount=st.none() | MONEY,
    lat=st.none() | DEGREES,
    campaign=st.none() | st.sampled_from(["spring", ""]),
    sold_at=st.integers(0, 10**12),
    visits=st.integers(0, 9),
    spend=st.none() | MONEY,
    mean=st.none() | st.sampled_from([0.0, -0.0]) | st.floats(0.01, 1e6),
    lasts=st.none() | st.lists(MONEY, min_size=1, max_size=2),
    web=st.none() | st.integers(1, 9),
    home=st.none() | DEGREES,
    home_campaign=st.none() | st.sampled_from(["spring", ""]),
)
def test_every_formula_gives_what_sql_gives(**one: Any) -> None:
    request = {
        **REQUEST,
        "amount": one["amount"],
        "address": {"place": None if one["lat"] is None else {"lat": one["lat"], "lon": 10.0}},
        "extra": {} if one["campaign"] is None else {"campaign": one["campaign"]},
        "sold_at": one["sold_at"],
    }
    counts = None if one["web"] is None else {"TILL": 1, "WEB": one["web"]}
    lasts = None if one["lasts"] is None else tuple(one["lasts"])
    computed = (one["visits"], one["spend"], one["mean"], lasts, counts, one["home"], one["home_campaign"])

    found = [value for value, _ in vector(request, computed, ("present",) * 7).values()]

    with duckdb.connect() as db:
        (wanted,) = db.execute(SQL, [lasts if name == "lasts" else one[name] for name in one]).fetchall()
    for name, mine, theirs in zip(Derivation(TILL).names, found, wanted, strict=True):
        if name == "km_north" and mine is not None and theirs is not None:
            assert math.isclose(mine, theirs, rel_tol=1e-9, abs_tol=1e-6)
        elif name == "over_mean" and mine is not None and theirs is not None:
            assert math.isclose(mine, theirs, rel_tol=1e-12)
        elif name == "is_far" and mine is not theirs:
            assert abs(found[6] - 100) < 1e-3, "at the edge itself the engines' kilometres may differ"
        else:
            assert mine == theirs, name


def test_a_place_has_the_worst_status_of_all_it_is_computed_from_also_by_way_of_others() -> None:
    said = vector(REQUEST, COMPUTED, ("present", "no_key", "stale", "empty", "present", "incomplete", "present"))

    assert {name: status for name, (_, status) in said.items()} == {
        "paid": "present",  # of the request alone
        "buyer.visits_1h": "present",
        "over_mean": "stale",
        "more_than_last": "empty",
        "before_last": "empty",
        "by_web": "present",
        "km_north": "incomplete",
        "is_far": "stale",
        "from_campaign": "present",
        "night": "present",
        "giver.spend_30d": "no_key",
    }


@given(st.lists(st.sampled_from(STATUSES), min_size=7, max_size=7))
def test_no_status_is_lost_on_the_way(statuses: list[Status]) -> None:
    said = vector(REQUEST, COMPUTED, tuple(statuses))

    assert said["is_far"][1] == max(statuses[2], statuses[5], key=SEVERITY.__getitem__)


def test_places_of_a_list_and_keys_of_counts_that_are_not_there_are_null() -> None:
    said = vector(REQUEST, (3, None, 5.0, (), {}, None, None), ("present",) * 7)

    assert said["more_than_last"][0] is None
    assert said["before_last"][0] == 0
    assert said["by_web"][0] == 0


def test_a_set_without_derived_places_takes_nothing_but_keys() -> None:
    (plan,) = (one for one in load_compiled(RIGHT).sets if one.name == "basket")
    derivation = Derivation(plan)

    assert derivation.given({}) == {}
    values = tuple(range(len(plan.features)))
    statuses = tuple["Status", ...](["present"] * len(values))
    assert derivation.places({}, values, statuses) == (values, statuses)


def given_of(type: str, value: object) -> Any:
    """What a request's field of a type is taken for."""
    return RequestFields([Column("x", Type.parse(type))]).of({"x": value})["x"]


@pytest.mark.parametrize(
    ("type", "value", "taken"),
    [
        ("int", 2**63 - 1, 2**63 - 1),
        ("decimal(4,2)", 7, Decimal("7.00")),
        ("decimal(4,2)", Decimal("99.990"), Decimal("99.99")),
        ("decimal(38,0)", Decimal(10**38 - 1), Decimal(10**38 - 1)),
        ("decimal(4,2)", Decimal("-0.00"), Decimal("0.00")),
        ("double", 1, 1.0),
        ("string", "", ""),
        ("boolean", False, False),
        ("timestamp", -1, -1),
        ("timestamp", datetime(1969, 12, 31, 23, 59, 59, 999_500, tzinfo=UTC), -1),
        ("timestamp", None, None),
    ],
)
def test_a_value_is_taken_as_its_type(type: str, value: object, taken: object) -> None:
    found = given_of(type, value)

    assert found == taken
    assert str(found) == str(taken)


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("int", 2**63),
        ("int", True),
        ("int", "1"),
        ("int", 1.0),
        ("decimal(4,2)", 100),
        ("decimal(4,2)", Decimal("1.001")),
        ("decimal(4,2)", Decimal("NaN")),
        ("decimal(4,2)", Decimal("1e99")),
        ("decimal(4,2)", 1.5),
        ("double", math.inf),
        ("double", math.nan),
        ("double", 10**400),
        ("double", Decimal(1)),
        ("string", b"a"),
        ("string", "\ud800"),
        ("boolean", 1),
        ("timestamp", datetime(2024, 1, 1)),  # noqa: DTZ001  that it has no zone is what is wrong with it
        ("timestamp", "2024-01-01"),
    ],
)
def test_what_is_not_of_its_type_is_refused_with_field_and_mend(type: str, value: object) -> None:
    with pytest.raises(ReadError, match="the request's 'x' is ") as refused:
        given_of(type, value)

    assert refused.value.mend is not None


def test_a_field_that_is_not_there_is_said_and_not_taken_for_null() -> None:
    fields = RequestFields([Column("device.os", Type.parse("string"))])

    assert fields.of({"device": None}) == {"device.os": None}
    with pytest.raises(ReadError, match="no field 'device'") as missing:
        fields.of({"devise": {}})
    assert missing.value.mend == "did you mean 'devise'? Give None where it is not known."
    with pytest.raises(ReadError, match=r"no field 'device\.os'"):
        fields.of({"device": {}})
    with pytest.raises(ReadError, match="'device' is 'phone'"):
        fields.of({"device": "phone"})


def test_the_vector_is_in_the_order_of_the_definition() -> None:
    assert isinstance(TILL, SetPlan)
    assert Derivation(TILL).names == TILL.vector
    assert [str(type) for type in Derivation(TILL).types][:3] == ["decimal(10,2)", "int", "double"]


def test_a_default_stands_for_null_and_derived_places_read_the_null() -> None:
    plan = msgspec.structs.replace(TILL, defaults={"giver.spend_30d": Constant("0.00", Type.parse("decimal(38,2)"))})
    derivation = Derivation(plan)

    values, says = derivation.places(derivation.given(REQUEST), COMPUTED, ("present", "no_key", *["present"] * 5))  # type: ignore[arg-type]
    assert (values[-1], says[-1]) == (Decimal("0.00"), "no_key")
    with_spend: list[Any] = [Decimal(7) if place == 1 else one for place, one in enumerate(COMPUTED)]
    values, _ = derivation.places(derivation.given(REQUEST), with_spend, ("present",) * 7)
    assert values[-1] == 7
