"""Sets compiled: what they ask of a request, what they read, and what is part of their meaning."""

from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from millpond.define.compiler import compile_pool
from millpond.define.loader import InvalidPool
from millpond.plan.model import SetPlan
from tests.unit.define.sample import project

FILE = """
from features.shop import sources
from millpond import Count, Derived, FeatureSet, FeatureView, LastK, Sum, _

spending = FeatureView(
    "spending", version=1, owner="loyalty", entity=sources.customer, source=sources.sales,
    by={{"customer_id": _.customer_id}}, windows=["1h"],
    features={{"visits": Count(), "spend": Sum(_.amount), "amounts": LastK(_.amount, k=3)}},
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
