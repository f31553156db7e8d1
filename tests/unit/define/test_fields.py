"""Where a path may lead, and what is said where it leads nowhere."""

import pytest
from ibis.common.deferred import Deferred

from millpond import _
from millpond.define.fields import LONGEST_PATH, MapOf, Record, Unreadable, Value, leaves, of_source, value_at
from millpond.define.source import EventSource
from millpond.plan.errors import DefinitionError
from millpond.plan.expr import Field
from millpond.plan.types import DOUBLE, STRING, TIMESTAMP
from tests.unit.define.sample import RIGHT, bound, sale

ADDRESS = Record({"city": Value(STRING), "max": Value(DOUBLE), "lines": Unreadable("it is an array", "count them")})
EVENT = Record(
    {
        "address": ADDRESS,
        "homes": MapOf(ADDRESS),
        "deep": MapOf(MapOf(Value(TIMESTAMP, micros=True))),
        "count": ADDRESS,
    }
)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("address.city", Value(STRING)),
        ("address.max", Value(DOUBLE)),
        ('homes["a"].city', Value(STRING)),
        ('deep["a"]["b.c"]', Value(TIMESTAMP, micros=True)),
    ],
)
def test_a_path_leads_through_records_and_maps(path: str, value: Value) -> None:
    assert value_at(EVENT, path) == value


@pytest.mark.parametrize(
    ("path", "what", "mend"),
    [
        ("adress.city", "there is no field 'adress'", "did you mean 'address'?"),
        ("address.town", "there is no field 'town' in address", "known here: city, max"),
        ("address.lines", "the field 'address.lines' cannot be read: it is an array", "count them"),
        ("address", "_.address is a record, not a value", "such as _.address.city"),
        ('homes["a"]', '_.homes["a"] is a record, not a value', 'such as _.homes["a"].city'),
        ("homes", "_.homes is a map, not a value", '_.homes["some_key"]'),
        ("homes.city", "_.homes is a map, and _.homes.city is no key of it", 'write _.homes["city"]'),
        ('deep["a"]', '_.deep["a"] is a map, not a value', '_.deep["a"]["some_key"]'),
        ("address.city.x", "'address.city' is a single value, and has no 'x' in it", "name 'address.city'"),
    ],
)
def test_a_path_that_leads_to_no_value_says_how_far_it_goes(path: str, what: str, mend: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        value_at(EVENT, path)
    assert what in refused.value.what
    assert mend in str(refused.value.mend)


def test_every_leaf_has_its_shape() -> None:
    assert [shape for shape, _leaf in leaves(EVENT)] == [
        "address.city", "address.max", "address.lines",
        "homes[].city", "homes[].max", "homes[].lines",
        "deep[][]",
        "count.city", "count.max", "count.lines",
    ]  # fmt: skip


def test_the_fields_of_a_plan_are_those_of_the_schema_that_can_be_read() -> None:
    source = EventSource(
        "sales", topic="t", schema="schemas/shop.sale.v1.avsc", event_time="sold_at", lateness="1d", owner="me"
    )
    readable = {shape: leaf for shape, leaf in leaves(sale().fields) if isinstance(leaf, Value)}
    assert dict(leaves(of_source(source.plan(source.read(RIGHT))))) == readable


@pytest.mark.parametrize(
    ("written", "what"),
    [
        (_.address, "_.address is a record, not a value"),
        (_.address == 1, "_.address is a record, not a value"),
        (_.amount + _.extra, "_.extra is a map, not a value"),
        (_.address.isnull(), "_.address.isnull is a method of ibis, and there is no field 'address.isnull'"),
        (_.address.count, "_.address.count is a method of ibis, not the field"),
        (_.extra.get("a"), "_.extra is a map, and _.extra.get is no key of it"),
        (_.extra[_.channel], "_.extra[_.channel] is no key of a map: its keys are texts"),
        (_.extra[_.nothing], "there is no field 'nothing'"),
        (_.extra["\ud800"], "is not Unicode"),
        (_.extra["a" * (LONGEST_PATH - len('extra[""]') + 1)], f"has {LONGEST_PATH + 1} characters"),
        (_.address[0], "_.address[0] takes a field not by its name"),
    ],
)
def test_what_is_written_of_records_and_maps_is_checked_before_ibis_sees_it(written: Deferred, what: str) -> None:
    with pytest.raises(DefinitionError) as refused:
        bound(written)
    assert what in refused.value.what
    assert refused.value.mend


def test_a_path_may_be_as_long_as_a_name_in_flink() -> None:
    key = "a" * (LONGEST_PATH - len('extra[""]'))
    assert bound(_.extra[key]) == Field(f'extra["{key}"]', STRING)
