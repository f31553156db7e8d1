"""The format of examples, and what their runner finds."""

import textwrap
from decimal import Decimal
from pathlib import Path

import pytest

from millpond.define.examples import Example, WrongExample, check_examples, read_example, run_example
from millpond.plan.compiled import load_compiled
from millpond.plan.errors import DefinitionError
from tests.integration.orders import pool as orders
from tests.unit.define.sample import RIGHT

STORE = load_compiled(RIGHT).view("shop.customer_store")

MINIMAL = {"at": "2024-03-10 10:00:00", "customer_id": "c1", "store_id": "7", "amount": "1.50"}
NOON = 1_710_072_000_000
EXPECT = {"spend_7d": "1.5", "visits_7d": "1", "mean_spend_7d": "1.5", "mean_rating_7d": None}


def errors(text: str) -> list[str]:
    """What is wrong with a text, without the mends."""
    _count, found = check_examples(STORE, textwrap.dedent(text), "x.yaml")
    return [f"{error.where}: {error.what}" for error in found]


def example(event: dict[str, object] | None = None, read: dict[str, object] | None = None) -> Example:
    """The minimal example, with such changes."""
    return read_example(
        STORE,
        {
            "events": [MINIMAL | (event or {})],
            "read": {"at": "2024-03-10 12:00:00", "customer_id": "c1", "store_id": "7"} | (read or {}),
            "expect": EXPECT,
        },
        "example 1",
    )


def test_values_have_their_fields_types_and_need_no_quotes() -> None:
    found = example({"rating": "4", "gift": "true", "count": "-3"})

    (event,) = found.events
    assert (event["amount"], event["rating"], event["gift"], event["count"]) == (Decimal("1.50"), 4.0, True, -3)
    assert event["sold_at"] == NOON - 2 * 3_600_000
    assert (found.at, found.key) == (NOON, ("c1", 7))
    assert found.expect == {"spend_7d": Decimal("1.5"), "visits_7d": 1, "mean_spend_7d": 1.5, "mean_rating_7d": None}


@pytest.mark.parametrize(
    ("text", "ms"),
    [
        ("2024-03-10 12:00:00", NOON),
        ("2024-03-10T12:00:00Z", NOON),
        ("2024-03-10 14:00:00+02:00", NOON),
        ("2024-03-10 12:00:00.001", NOON + 1),
        ("2024-03-10 12:00", NOON),
        ("2024-03-10", NOON - 12 * 3_600_000),
        ("1969-12-31 23:59:59.999", -1),
    ],
)
def test_instants_are_utc_unless_they_say_their_zone(text: str, ms: int) -> None:
    assert example(read={"at": text}).at == ms


@pytest.mark.parametrize("text", ["2024-03-10 12:00:00.0001", "20240310", "1710072000000", "noon", "2024-13-01"])
def test_other_instants_are_refused(text: str) -> None:
    with pytest.raises(DefinitionError, match="not of type timestamp"):
        example(read={"at": text})


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("amount", "1.505"),
        ("amount", "123456789"),
        ("amount", "NaN"),
        ("amount", "much"),
        ("store_id", "1.5"),
        ("store_id", str(2**63)),
        ("gift", "yes"),
        ("weight", "inf"),
        ("weight", "1/0"),
        ("amount", ["1"]),
    ],
)
def test_values_that_their_type_does_not_hold_are_refused(field: str, text: object) -> None:
    with pytest.raises(DefinitionError, match=field):
        example({field: text})


def test_a_field_the_view_reads_must_be_written_and_others_may_be_left_out() -> None:
    with pytest.raises(DefinitionError, match="event 1: 'store_id' is never null"):
        read_example(
            STORE,
            {
                "events": [{"at": "2024-03-10"}],
                "read": {"at": "2024-03-10", "customer_id": "c", "store_id": "1"},
                "expect": {},
            },
            "example 1",
        )

    (event,) = example().events
    assert (event["rating"], event["fee"]) == (None, None)  # null by its schema; never null, but not read


def test_null_is_refused_where_the_schema_says_never() -> None:
    with pytest.raises(DefinitionError, match="'channel' is never null"):
        example({"channel": None})


def test_text_is_text_in_quotes_and_without() -> None:
    text = """
    - name: {name}
      events:
        - {{at: 2024-03-10 10:00:00, customer_id: {quoted}, store_id: 7, amount: 1}}
      read: {{at: 2024-03-10 10:00:00, customer_id: {plain}, store_id: 7}}
      expect: {{spend_7d: 1, visits_7d: 1, mean_spend_7d: 1, mean_rating_7d: null}}
    """
    for plain in ("007", "1.50", "true", "2024-03-10", "no", "0x10"):
        assert errors(text.format(name=plain, quoted=f"'{plain}'", plain=plain)) == []


def test_a_quotient_is_a_double_to_its_last_digit() -> None:
    text = """
    - name: thirds
      events:
        - {at: 2024-03-10 10:00:00, customer_id: c, store_id: 7, amount: 1}
        - {at: 2024-03-10 10:00:00, customer_id: c, store_id: 7, amount: 2, rating: 1}
        - {at: 2024-03-10 10:00:00, customer_id: c, store_id: 7, amount: 7, rating: 2}
      read: {at: 2024-03-10 10:00:00, customer_id: c, store_id: 7}
      expect: {spend_7d: 10, visits_7d: 3, mean_spend_7d: %s, mean_rating_7d: 1.5}
    """
    assert errors(text % "10/3") == []
    assert errors(text % "3.333333333") == []
    assert errors(text % "3.3333") == ["x.yaml: 'thirds': mean_spend_7d: expected 3.3333, got 3.3333333333333335"]


def test_every_wrong_value_is_found_and_an_unnamed_example_has_its_number() -> None:
    assert errors("""
    - events: []
      read: {at: 2024-03-10, customer_id: c, store_id: 7}
      expect: {spend_7d: 1, visits_7d: 0, mean_spend_7d: 0, mean_rating_7d: null}
    """) == [
        "x.yaml: example 1: spend_7d: expected 1, got 0.00",
        "x.yaml: example 1: mean_spend_7d: expected 0.0, got null",
    ]  # fmt: skip


def test_a_wrong_value_is_told_from_a_wrong_example() -> None:
    _count, found = check_examples(
        STORE, "- {events: [], read: {at: 2024-03-10, customer_id: c, store_id: 7}, expect: {spend_7d: 1}}", "x"
    )
    _count, unreadable = check_examples(STORE, "- {events: []}", "x")

    assert [type(error) for error in found] == [WrongExample]
    assert [type(error) for error in unreadable] == [DefinitionError]


def test_events_without_an_id_come_in_the_order_they_are_written() -> None:
    view = load_compiled(RIGHT).view("shop.habits")
    at = {"at": "2024-03-01 10:00:00", "customer_id": "c1"}
    lines = [at | {"amount": str(n), "store_id": "1", "article_id": str(n), "channel": "WEB"} for n in range(12)]
    expect = {"first_articles_1h": ["0", "1"], "last_amounts_1h": ["11", "10"]}

    assert run_example(view, read_example(view, {"events": lines, "read": at, "expect": expect}, "a till")) == []


def test_copies_of_an_event_id_count_once_and_events_without_are_no_copies() -> None:
    text = """
    - name: copies
      events:
        - {at: 2024-03-10 10:00:00, sale_id: s, customer_id: c, store_id: 7, amount: 1}
        - {at: 2024-03-10 10:00:00, sale_id: s, customer_id: c, store_id: 7, amount: 1}
        - {at: 2024-03-10 10:00:01, sale_id: s, customer_id: c, store_id: 7, amount: 1}
        - {at: 2024-03-10 10:00:00, customer_id: c, store_id: 7, amount: 1}
        - {at: 2024-03-10 10:00:00, customer_id: c, store_id: 7, amount: 1}
      read: {at: 2024-03-10 10:30:00, customer_id: c, store_id: 7}
      expect: {spend_7d: 4, visits_7d: 4, mean_spend_7d: 1, mean_rating_7d: null}
    """

    assert errors(text) == []


def test_no_examples_are_an_error() -> None:
    assert errors("") == ["x.yaml: there are no examples"]


PROFILE = load_compiled(RIGHT).view("shop.profile")
SALE = MINIMAL | {"sale_id": "s", "article_id": "1", "quantity": "1", "channel": "WEB", "gift": "false"}
SALE.pop("store_id")


def nested(**fields: object) -> dict[str, object]:
    """The event of an example of the view that reads records and maps."""
    written = {"events": [SALE | fields], "read": {"at": "2024-03-10 12:00:00", "customer_id": "c1"}, "expect": {}}
    (event,) = read_example(PROFILE, written, "example 1").events
    return {name: value for name, value in event.items() if "." in name or "[" in name}


def test_records_and_maps_are_written_as_mappings_and_read_by_path() -> None:
    place = {"lat": "60.4", "lon": "5.3"}
    assert nested(address={"city": "Bergen", "count": "2", "place": place}, extra={"campaign": "spring", "x": "y"}) == {
        "address.city": "Bergen",
        "address.count": 2,
        "address.place.lat": 60.4,
        "address.place.lon": 5.3,
        "billed_to.city": None,
        "billed_to.count": None,
        "billed_to.place.lat": None,
        "billed_to.place.lon": None,
        'extra["campaign"]': "spring",
        'extra["x"]': "y",
    }


def test_a_record_that_is_null_and_a_key_that_is_not_there_give_null() -> None:
    found = nested(address={"city": "Oslo", "place": None}, billed_to=None, extra={})
    assert {name for name, value in found.items() if value is not None} == {"address.city"}


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({}, "'address.city' is never null"),
        ({"address": {}}, "'address.city' is never null"),
        ({"address": None}, "'address' is never null"),
        ({"address": {"city": None}}, "'address.city' is never null"),
        ({"address": {"city": "x"}, "billed_to": {"count": "1"}}, "'billed_to.city' is never null"),
        ({"address": {"town": "x"}}, "address has no 'town'"),
        ({"address": "Oslo"}, "address is not a mapping"),
        ({"address": {"city": {"x": "y"}}}, "address.city: {'x': 'y'} is not a single value"),
        ({"address": {"city": "x", "count": "many"}}, "address.count: 'many' is not of type int"),
        ({"address": {"city": "x"}, "extra": {"campaign": None}}, "'extra[\"campaign\"]' is never null"),
        ({"address": {"city": "x"}, "extra": "y"}, "extra is not a mapping"),
    ],
)
def test_what_a_record_or_map_cannot_hold_is_refused_by_path(fields: dict[str, object], what: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        nested(**fields)
    assert refused.value.what == what


def test_event_time_and_id_may_stand_in_a_record(tmp_path: Path) -> None:
    said = orders(tmp_path).view("orders.said")
    order = {"case_id": "c", "state": "OPEN", "rate": "1", "quantity": "1"}
    header = {"taken_at": "2024-03-10 12:00:00", "kind": "NEW"}
    read = {"at": "2024-03-10 12:00:00", "case_id": "c"}
    events = [{"at": "2024-03-10 12:00:00", "header": header | {"id": "x"}} | order,
              {"header": header | {"id": "x", "sent_at": "2024-03-10 12:00:00"}} | order,
              {"at": "2024-03-10 12:00:00", "header": header | {"id": "y"}} | order]  # fmt: skip
    expect = {"events_lifetime": "2", "last_rate_lifetime": "1", "last_taken_at_lifetime": "2024-03-10 12:00:00"}
    example = read_example(said, {"events": events, "read": read, "expect": expect}, "example 1")

    assert [event["header.sent_at"] for event in example.events] == [NOON, NOON, NOON]
    assert run_example(said, example) == []
    with pytest.raises(DefinitionError, match="'at' is never null"):
        read_example(
            said, {"events": [order | {"header": header | {"id": "z"}}], "read": read, "expect": expect}, "example 1"
        )
