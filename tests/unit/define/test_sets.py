"""Sets compiled: what they ask of a request, what they read, and what is part of their meaning."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from millpond.define.compiler import compile_pool
from millpond.define.loader import InvalidPool
from millpond.plan.expr import Constant
from millpond.plan.model import Encoding, SetPlan
from millpond.plan.types import Type
from tests.unit.define.sample import project

FILE = """
from decimal import Decimal

from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Mean, Sum, _

spending = FeatureView(
    "spending", version=1, owner="loyalty", entity=sources.customer, source=sources.sales,
    by={{"customer_id": _.customer_id}}, windows=["1h"],
    features={{"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3), "mean": Mean(_.amount)}},
)
buyer = spending.bind("buyer", customer_id=_.buyer_id)

model = FeatureSet("model", version=1, owner="loyalty", {0})
"""
Compiled = Callable[[str], SetPlan]


@pytest.fixture
def compiled(tmp_path: Path) -> Compiled:
    """The set that is written so."""

    def compiled(written: str) -> SetPlan:
        root = tmp_path / f"project{len(list(tmp_path.iterdir()))}"
        (plan,) = compile_pool(project(root, {"features/shop/spending.py": FILE.format(written)})).sets
        return plan

    return compiled


def test_a_set_of_features_alone_says_nothing_of_a_vector(compiled: Compiled) -> None:
    plan = compiled('features=[buyer["spend_1h"]], request=sources.sales')

    assert (plan.vector, plan.derived, plan.computed) == (msgspec.UNSET, msgspec.UNSET, ())
    assert [place.name for place in plan.places] == ["buyer.spend_1h"]
    assert [column.name for column in plan.request] == ["buyer_id"]


def test_features_that_only_derived_places_need_are_read_and_are_no_places(compiled: Compiled) -> None:
    plan = compiled('features=[Derived("mean", _.buyer.spend_1h / _.buyer.visits_1h)], views=[buyer]')

    assert [feature.name for feature in plan.features] == ["buyer.spend_1h", "buyer.visits_1h"]
    assert [(place.name, str(place.type)) for place in plan.places] == [("mean", "double")]


def test_a_request_is_asked_for_keys_and_for_what_is_derived_from_it(compiled: Compiled) -> None:
    over = 'Derived("over", _.request.limit - _.buyer.visits_1h), Derived("who", _.request.buyer_id)'

    plan = compiled(f'features=[{over}], views=[buyer], request={{"limit": "int", "unused": "string"}}')

    assert [(column.name, str(column.type)) for column in plan.request] == [("buyer_id", "string"), ("limit", "int")]


def test_a_key_is_of_the_requests_type(compiled: Compiled) -> None:
    with pytest.raises(InvalidPool, match="the request's field 'buyer_id' is int, and string as a key of 'buyer'"):
        compiled('features=[buyer["spend_1h"]], request={"buyer_id": "int"}')
    assert (
        compiled('features=[buyer["spend_1h"]], request={"buyer_id": "string"}').request
        == compiled('features=[buyer["spend_1h"]]').request
    )


def test_the_formula_is_meaning_and_its_description_is_prose(compiled: Compiled) -> None:
    def derived(formula: str, description: str = "") -> SetPlan:
        return compiled(f'features=[buyer["visits_1h"], Derived("twice", {formula}, description="{description}")]')

    one, same, other = (
        derived("_.buyer.visits_1h * 2"),
        derived("_.buyer.visits_1h * 2", "Two."),
        derived("_.buyer.visits_1h * 3"),
    )

    assert one.meaning == same.meaning != other.meaning
    assert one.prose == other.prose != same.prose


def test_every_derived_place_that_is_wrong_is_said(compiled: Compiled) -> None:
    wrong = [
        'Derived("a", _.buyer.spent_1h)',
        'buyer["visits_1h"]',
        'Derived("b", _.request.nothing)',
        'Derived("c", _.a + 1)',  # is right once the first is
    ]
    with pytest.raises(InvalidPool) as refused:
        compiled(f"features=[{', '.join(wrong)}]")

    assert [error.what for error in refused.value.errors] == [
        "there is no field 'spent_1h' in buyer",
        "there is no field 'nothing' in request",
    ]


def test_a_default_is_of_its_features_type(compiled: Compiled) -> None:
    defaults = 'buyer["spend_1h"].default(Decimal("0.5")), buyer["visits_1h"].default(-1), buyer["mean_1h"].default(0)'

    plan = compiled(f"features=[{defaults}]")

    assert plan.defaults == {
        "buyer.spend_1h": Constant("0.50", Type.parse("decimal(38,2)")),
        "buyer.visits_1h": Constant(-1, Type.parse("int")),
        "buyer.mean_1h": Constant(0.0, Type.parse("double")),
    }
    assert plan.meaning != compiled('features=[buyer["spend_1h"], buyer["visits_1h"], buyer["mean_1h"]]').meaning


@pytest.mark.parametrize(
    ("feature", "said"),
    [
        ('buyer["visits_1h"].default(0.5)', "0.5 is not of type int"),
        ('buyer["visits_1h"].default(True)', "True is not of type int"),
        ('buyer["mean_1h"].default(True)', "True is not of type double"),
        ('buyer["mean_1h"].default(float("nan"))', "nan is not of type double"),
        ('buyer["spend_1h"].default(Decimal("0.005"))', r"has more digits than decimal\(38,2\)"),
        ('buyer["amounts_1h"].default(0)', r"it is list\(decimal\(10,2\)\), and a default is a single value"),
    ],
)
def test_a_default_that_is_not_of_the_type_is_refused(compiled: Compiled, feature: str, said: str) -> None:
    with pytest.raises(InvalidPool, match=said):
        compiled(f"features=[{feature}]")


def test_an_encoding_is_part_of_the_meaning(compiled: Compiled) -> None:
    def encoded(written: str) -> SetPlan:
        return compiled(f'features=[buyer["visits_1h"], Derived("who", _.request.buyer_id)], {written}')

    plan = encoded('null=-1, categories={"who": ["ann", "bob"]}')

    assert plan.encoding == Encoding(null=-1.0, categories={"who": ("ann", "bob")})
    assert len({plan.meaning, encoded("null=0").meaning, encoded('categories={"who": ["bob", "ann"]}').meaning}) == 3
