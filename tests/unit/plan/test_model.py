"""Plans as documents: the same bytes always, and back again."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.compiled import load_compiled
from millpond.plan.errors import PlanError
from millpond.plan.hashes import hashed_set, hashed_view
from millpond.plan.model import Column, LevelPlan, Pool, SetFeature, SetPlan, ViewPlan, decode, encode
from millpond.plan.types import Type
from millpond.plan.windows import DAY, MINUTE
from tests.unit.define.sample import RIGHT
from tests.unit.plan.test_types import TYPES

POOL = load_compiled(RIGHT)
VIEW = POOL.view("shop.customer")
COLUMNS = st.lists(st.builds(Column, st.text(max_size=5), TYPES), max_size=5).map(tuple)


@pytest.mark.parametrize("view", POOL.views, ids=lambda view: view.full_name)
def test_a_view_comes_back_from_its_bytes(view: ViewPlan) -> None:
    assert decode(encode(view), ViewPlan, where="x") == view
    assert encode(decode(encode(view), ViewPlan, where="x")) == encode(view)


@given(COLUMNS, st.text(), st.lists(st.builds(SetFeature, st.text(), st.text(), TYPES), max_size=4).map(tuple))
def test_any_set_comes_back_from_its_bytes(
    request: tuple[Column, ...], prose: str, features: tuple[SetFeature, ...]
) -> None:
    plan = hashed_set(
        SetPlan(
            domain="d",
            name="n",
            version=1,
            owner=prose,
            description=prose,
            request=request,
            bindings=(),
            features=features,
        )
    )

    assert decode(encode(plan), SetPlan, where="x") == plan


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"nonsense", b'{"domain": 5}'])
def test_what_is_no_plan_is_said_with_its_place(data: bytes) -> None:
    with pytest.raises(PlanError, match=r"x\.view\.json: not a compiled document") as error:
        decode(data, ViewPlan, where="x.view.json")
    assert error.value.mend == "run `millpond compile`"


def test_an_unknown_type_in_a_document_is_damage() -> None:
    data = encode(VIEW).replace(b'"decimal(10,2)"', b'"money"')

    with pytest.raises(PlanError):
        decode(data, ViewPlan, where="x")


def test_a_view_says_what_it_runs_as() -> None:
    with_days = msgspec.structs.replace(VIEW, levels=(*VIEW.levels, LevelPlan(size_ms=DAY, slots=94)))
    assert VIEW.kinds == ("tiles_short", "lifetime")
    assert with_days.kinds == ("tiles_short", "tiles_long", "lifetime")
    assert [with_days.sizes(kind) for kind in with_days.kinds] == [(MINUTE,), (DAY,), (DAY,)]
    assert [with_days.reach_ms(kind) for kind in with_days.kinds] == [60 * MINUTE, 90 * DAY, None]
    assert with_days.state_ttl_ms("tiles_long") == DAY + VIEW.source.lateness_ms + DAY


def test_a_pool_names_what_it_lacks() -> None:
    with pytest.raises(PlanError, match=r"no view 'shop\.nobody'"):
        Pool(views=(), sets=()).view("shop.nobody")


def test_of_a_view_in_several_versions_the_one_asked_for_is_given_else_the_newest() -> None:
    later = msgspec.structs.replace(VIEW, version=2)
    pool = Pool(views=(later, VIEW), sets=())
    assert pool.view("shop.customer", 1) is VIEW
    assert pool.view("shop.customer") is later
    with pytest.raises(PlanError, match=r"no view 'shop\.customer' at version 3"):
        pool.view("shop.customer", 3)
    with pytest.raises(KeyError):
        VIEW.feature("nothing")


FIRST, *REST = VIEW.features
PROSE: dict[str, dict[str, object]] = {
    "the owner": {"owner": "x"},
    "a view's description": {"description": "x"},
    "a feature's description": {"features": (msgspec.structs.replace(FIRST, description="x"), *REST)},
}
MEANING: dict[str, dict[str, object]] = {
    "the version": {"version": 9},
    "the precision": {"precision": "6%"},
    "the order of features": {"features": (*REST, FIRST)},
    "a level": {"levels": VIEW.levels[1:]},
    "the lateness": {"source": msgspec.structs.replace(VIEW.source, lateness_ms=1)},
    "the key": {"by": ()},
}


@pytest.mark.parametrize("what", PROSE)
def test_prose_is_no_meaning(what: str) -> None:
    changed = hashed_view(msgspec.structs.replace(VIEW, **PROSE[what]))

    assert changed.meaning == VIEW.meaning
    assert changed.prose != VIEW.prose


@pytest.mark.parametrize("what", MEANING)
def test_what_decides_a_number_is_meaning(what: str) -> None:
    assert hashed_view(msgspec.structs.replace(VIEW, **MEANING[what])).meaning != VIEW.meaning


def test_a_set_means_what_its_views_mean() -> None:
    plan = next(one for one in POOL.sets if one.name == "basket")
    binding = msgspec.structs.replace(plan.bindings[0], meaning="other")

    assert hashed_set(msgspec.structs.replace(plan, bindings=(binding,))).meaning != plan.meaning


def with_field(name: str, avro: object, type: str) -> ViewPlan:
    """The sample view over a source whose schema gained a field."""
    schema = msgspec.json.decode(VIEW.source.schema)
    schema["fields"].append({"name": name, "type": avro, "default": None})
    source = msgspec.structs.replace(
        VIEW.source,
        schema=msgspec.json.encode(schema).decode(),
        columns=(*VIEW.source.columns, Column(name, Type.parse(type))),
    )
    return hashed_view(msgspec.structs.replace(VIEW, source=source))


def test_a_field_that_a_view_does_not_read_is_not_its_meaning() -> None:
    assert with_field("till", ["null", "string"], "string").meaning == VIEW.meaning


def test_a_double_is_meaning_even_unread_for_one_that_is_not_finite_refuses_the_event() -> None:
    assert with_field("weight", ["null", "double"], "double").meaning != VIEW.meaning


def test_the_default_of_a_field_that_is_read_is_meaning() -> None:
    schema = msgspec.json.decode(VIEW.source.schema)
    read = next(field for field in schema["fields"] if field["name"] == VIEW.source.event_id)
    read["default"] = "none"
    source = msgspec.structs.replace(VIEW.source, schema=msgspec.json.encode(schema).decode())

    assert hashed_view(msgspec.structs.replace(VIEW, source=source)).meaning != VIEW.meaning


def test_a_part_of_the_pool_is_its_domains_and_what_their_sets_read() -> None:
    part = POOL.part(["risk"])

    assert {plan.domain for plan in part.sets} == {"risk"}
    assert {view.full_name for view in part.views} == {b.view for plan in part.sets for b in plan.bindings} | {
        view.full_name for view in POOL.views if view.domain == "risk"
    }
    assert {view.full_name for view in part.views} < {view.full_name for view in POOL.views}
    assert POOL.part(["risk", "shop"]).views == POOL.views


def test_a_domain_that_is_not_there_is_said() -> None:
    with pytest.raises(PlanError, match="no domain 'shp' in the pool") as error:
        POOL.part(["shp"])
    assert error.value.mend == "did you mean 'shop'?"
