"""Keys: any value, no two alike, nothing forged, and back again."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from millpond.plan.errors import MillpondError, ReadError
from millpond.plan.model import Column, EntityPlan
from millpond.plan.types import INT, STRING
from millpond.store.keys import LIFETIME, KeyEncoder, KeyTemplate, events_key, parse_key
from tests.unit.materialize.sample import view

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
ODD = st.text(st.sampled_from("\0:{}*|,=%. a\u00e9e\u0301/?[]\\"))
VALUES = TEXT | ODD
PAIR = KeyEncoder(EntityPlan(name="pair", keys=(Column("left", STRING), Column("right", STRING))))
MIXED = KeyEncoder(EntityPlan(name="card_shop", keys=(Column("card", STRING), Column("shop", INT))))
TEMPLATE = KeyTemplate.of("dev", view(), 2, "1h")


def test_a_key_reads_as_the_grammar_says() -> None:
    key = TEMPLATE.key(MIXED.encode(["a:b", -7]))
    assert key == "dev.shop:{card_shop=a%3Ab,-7}:card_sales.3.2:1h"
    parsed = parse_key(key)
    assert (parsed.ns, parsed.domain, parsed.entity, parsed.values) == ("dev", "shop", "card_shop", ("a:b", "-7"))
    assert (parsed.view, parsed.version, parsed.generation, parsed.part) == ("card_sales", 3, 2, "1h")


def test_the_key_of_the_events_is_that_of_the_records_with_events_behind_it() -> None:
    key = TEMPLATE.key(MIXED.encode(["c", 7]))
    assert events_key(key) == "dev.shop:{card_shop=c,7}:card_sales.3.2:1h.events"
    records, events = parse_key(key), parse_key(events_key(key))
    assert (records.part, records.holds_events) == ("1h", False)
    assert (events.part, events.holds_events) == ("1h", True)
    assert events.values == records.values


@given(VALUES, VALUES)
@example("", "")
@example(",", "")
@example("a,b", "")
@example("\0", "%00")
def test_values_come_back_from_the_key(left: str, right: str) -> None:
    parsed = parse_key(KeyTemplate.of("dev", view(), 1, LIFETIME).key(PAIR.encode([left, right])))
    assert parsed.values == (left, right)
    assert parsed.part == "lifetime"


@given(VALUES, VALUES, VALUES, VALUES)
@example("a", "b,c", "a,b", "c")
@example("\u00e9", "", "e\u0301", "")
@example("%2C", "", ",", "")
def test_different_values_have_different_keys(a: str, b: str, c: str, d: str) -> None:
    assert (PAIR.encode([a, b]) == PAIR.encode([c, d])) == ((a, b) == (c, d))


@given(VALUES, VALUES)
def test_no_value_can_forge_a_delimiter(left: str, right: str) -> None:
    encoded = PAIR.encode([left, right])
    assert encoded.isascii()
    assert encoded.count(",") == 1
    assert not set(encoded) & set(":{}*|= \0\r\n")


@given(st.integers(-(2**63), 2**63 - 1))
def test_integers_are_written_in_decimal(shop: int) -> None:
    assert MIXED.encode(["", shop]) == f",{shop}"


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb"])
def test_a_lone_surrogate_is_refused(text: str) -> None:
    with pytest.raises(ReadError, match="lone surrogate") as error:
        MIXED.encode([text, 1])
    assert error.value.where == "entity card_shop"


@pytest.mark.parametrize(
    "values", [["a", "1"], ["a", True], ["a", 1.0], [1, 1], [None, 1], [b"a", 1], ["a"], ["a", 1, 2]]
)
def test_values_of_another_type_or_number_are_refused(values: list[object]) -> None:
    with pytest.raises(ReadError):
        MIXED.encode(values)


@pytest.mark.parametrize(
    "key",
    [
        "dev:jobs",
        "dev.shop:{card=a}:v.1.1",
        "dev.shop:card=a:v.1.1:1h",
        "dev.shop:{card=a:b}:v.1.1:1h",
        "dev.shop:{card=a}:v.1.1:1h.other",
        "dev.shop:{card=a}:v.1.1:1h.events.events",
    ],
)
def test_what_is_no_tile_key_is_not_parsed(key: str) -> None:
    with pytest.raises(MillpondError, match="not the key of a tile"):
        parse_key(key)
