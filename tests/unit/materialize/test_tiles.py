"""Tile topics: what Flink writes becomes the records the plan describes, whatever the batches."""

import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from confluent_kafka import Message
from hypothesis import given
from hypothesis import strategies as st

from millpond.materialize.retry import Stopped
from millpond.materialize.tiles import TileTopic
from millpond.plan.errors import MillpondError
from millpond.plan.windows import DAY, HOUR, MINUTE
from millpond.store.guard import GuardedWrite
from millpond.store.records import RecordLayout
from tests.unit.materialize.sample import (
    VALUE_SCHEMA,
    TileRow,
    fetch,
    fragment,
    key_of,
    message,
    record_of,
    value_of,
    view,
    wire,
)

LAYOUT = RecordLayout.of(view())
SHORT = TileTopic("dev", fragment("tiles_short"), view(), fetch)
PLAIN = TileRow()


def held(writes: Sequence[GuardedWrite]) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The records by key and field, read back."""
    return {(write.key, field): record_of(LAYOUT, record) for write in writes for field, record, *_ in write.rows}


@pytest.mark.parametrize(
    "row",
    [
        PLAIN,
        replace(PLAIN, least=None, weight=None, due=None, clerk=None),
        replace(PLAIN, clerk="\0\0"),
        replace(PLAIN, volume=Decimal("-123456789012345678.99"), least=Decimal("-0.01"), due=-1),
        replace(PLAIN, volume=Decimal("999999999999999999.99"), n=2**32 - 1, first=0, last=MINUTE - 1),
    ],
)
def test_a_row_becomes_its_record(row: TileRow) -> None:
    (write,) = SHORT.writes([message(row)])
    assert write.topic == "millpond.dev.shop.card-sales.v3.tiles-short.g1"
    assert write.ttl_ms == 64 * MINUTE + DAY
    assert held([write]) == {("dev.shop:{card_shop=c1,7}:card_sales.3.1:1m", "40"): row.record}


def test_rows_of_one_entity_and_level_make_one_write() -> None:
    rows = [replace(PLAIN, tile=tile) for tile in (1000, 1001, 1002)]
    other = replace(PLAIN, card="{c:2}", shop=-1)
    writes = SHORT.writes([message(row) for row in (*rows, other)])
    assert [(write.key, [row.field for row in write.rows]) for write in writes] == [
        ("dev.shop:{card_shop=c1,7}:card_sales.3.1:1m", ["40", "41", "42"]),
        ("dev.shop:{card_shop=%7Bc%3A2%7D,-1}:card_sales.3.1:1m", ["40"]),
    ]


def test_no_records_make_no_writes() -> None:
    # A batch of nothing but tombstones leaves none.
    assert SHORT.writes([]) == []


def test_lifetime_tiles_lie_under_their_day() -> None:
    topic = TileTopic("dev", fragment("lifetime"), view(), fetch)
    (write,) = topic.writes([message(replace(PLAIN, level=DAY, tile=19_675))])
    assert (write.key, write.rows[0].field) == ("dev.shop:{card_shop=c1,7}:card_sales.3.1:lifetime", "19675")


# --- batches --------------------------------------------------------------------------------------------------------

STATE = tuple[int, int, int]  # tile, n, first


def guarded(held: dict[str, STATE], field: str, new: STATE) -> None:
    """What guard.lua does of a hash, by its description."""
    old = held.get(field)
    if old is None or new[0] > old[0] or (new[0] == old[0] and new[1] >= old[1] and new[2] <= old[2]):
        held[field] = new


@given(
    st.lists(st.tuples(st.sampled_from([3, 67]), st.integers(1, 5), st.integers(0, 3)), min_size=1, max_size=30),
    st.dictionaries(st.just("3"), st.tuples(st.sampled_from([3, 67]), st.integers(1, 5), st.integers(0, 3))),
    st.integers(1, 30),
)
def test_the_store_ends_the_same_whatever_the_batches(rows: list[STATE], before: dict[str, STATE], batch: int) -> None:
    one_by_one, batched = dict(before), dict(before)
    for row in rows:
        guarded(one_by_one, "3", row)
    messages = [message(replace(PLAIN, tile=tile, n=n, first=first)) for tile, n, first in rows]
    for at in range(0, len(messages), batch):
        for write in SHORT.writes(messages[at : at + batch]):
            for field, record, *_ in write.rows:
                tile, n, first, *_ = LAYOUT.decode([record]).tolist()[0]
                guarded(batched, field, (tile, n, first))
    assert batched == one_by_one


def test_a_tile_that_grows_is_written_once_a_batch() -> None:
    writes = SHORT.writes([message(PLAIN.grown(events)) for events in range(50)])
    assert [record[1] for record in held(writes).values()] == [50]
    assert sum(len(write.rows) for write in writes) == 1


# --- what is not a tile -----------------------------------------------------------------------------------------------


def broken(value: bytes | None = None, key: bytes | None = None) -> list["Message[bytes, bytes]"]:
    """Good records with a bad one among them, at offset 2."""
    key = key_of(PLAIN) if key is None else key
    value = value_of(PLAIN) if value is None else value
    bad: Message[bytes, bytes] = Message(topic="t", partition=4, offset=2, key=key, value=value)
    good = replace(PLAIN, card="other")
    return [message(good, 0), message(good, 1), bad, message(good, 3)]


def damaged(**changes: Any) -> bytes:
    return wire(2, VALUE_SCHEMA, PLAIN.value | changes)


START = MINUTE * 1000


@pytest.mark.parametrize(
    "records",
    [
        pytest.param(broken(value=value_of(PLAIN)[:-1]), id="truncated value"),
        pytest.param(broken(value=value_of(PLAIN) + b"\0"), id="bytes left over"),
        pytest.param(broken(key=key_of(PLAIN)[:-1]), id="truncated key"),
        pytest.param(broken(key=b""), id="no key"),
        pytest.param(broken(value=b"\1" + value_of(PLAIN)[1:]), id="wrong magic byte"),
        pytest.param(broken(value=value_of(PLAIN, schema_id=99)), id="unknown schema"),
        pytest.param(broken(value=damaged(first_ts=START - 1)), id="an event before its tile"),
        pytest.param(broken(value=damaged(last_ts=START + MINUTE)), id="an event after its tile"),
        pytest.param(broken(value=damaged(first_ts=None)), id="no first event"),
        pytest.param(broken(value=damaged(n=2**32)), id="n beyond its field"),
        pytest.param(broken(key=key_of(replace(PLAIN, level=HOUR))), id="a level of another fragment"),
        pytest.param(
            broken(key=key_of(replace(PLAIN, tile=-1)), value=damaged(first_ts=-10, last_ts=-5)), id="before 1970"
        ),
    ],
)
def test_a_record_that_is_no_tile_stops_with_its_place(records: list["Message[bytes, bytes]"]) -> None:
    topic = TileTopic("dev", fragment("tiles_short"), view(), fetch)
    with pytest.raises(MillpondError, match="the record cannot be read") as error:
        topic.writes(records)
    assert error.value.where == "t[4] at offset 2"


@pytest.mark.parametrize(
    ("name", "kind", "seen"),
    [
        (
            "volume_sum",
            {"type": "bytes", "logicalType": "decimal", "precision": 20, "scale": 3},
            r"bytes decimal\(20,3\)",
        ),
        ("volume_sum", "double", "double"),
        ("n", "int", "int"),
        ("due_max", None, "missing"),
    ],
)
def test_a_schema_that_is_not_the_plans_is_refused(name: str, kind: Any, seen: str) -> None:
    fields = [field if field["name"] != name else {"name": name, "type": kind} for field in VALUE_SCHEMA["fields"]]
    schema = VALUE_SCHEMA | {"fields": [field for field in fields if field["type"] is not None]}
    topic = TileTopic("dev", fragment("tiles_short"), view(), {1: fetch(1), 2: schema}.__getitem__)
    with pytest.raises(MillpondError, match=f"the field '{name}' is {seen} where the plan has"):
        topic.writes([message(PLAIN)])


def test_being_stopped_while_the_registry_is_away_is_no_error_of_the_record() -> None:
    def stopped(schema_id: int) -> Any:
        raise Stopped("asking the registry")

    with pytest.raises(Stopped):
        TileTopic("dev", fragment("tiles_short"), view(), stopped).writes([message(PLAIN), message(PLAIN)])


def test_many_rows_at_once_keep_their_own_numbers() -> None:
    draw = random.Random(5)
    rows = [
        replace(PLAIN, card=f"c{i}", n=draw.randrange(1, 99), volume=Decimal(draw.randrange(10**9)) / 100, least=None)
        if i % 3
        else replace(PLAIN, card=f"c{i}", weight=None)
        for i in range(500)
    ]
    found = held(SHORT.writes([message(row) for row in rows]))
    assert found == {(f"dev.shop:{{card_shop={row.card},7}}:card_sales.3.1:1m", "40"): row.record for row in rows}
