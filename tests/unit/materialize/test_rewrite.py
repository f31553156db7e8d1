"""A record of the store becomes the row of its topic again that it was made from."""

import io
from dataclasses import replace
from decimal import Decimal

import fastavro
import msgspec
import pytest
from confluent_kafka import Message

from millpond.materialize.tiles import TileTopic
from millpond.plan.partials import Partial
from millpond.plan.types import STRING
from millpond.plan.windows import MINUTE
from millpond.store.guard import GuardedWrite
from millpond.store.strip import strip_of
from tests.unit.materialize.sample import (
    KEEPING_SCHEMA,
    PARTIALS,
    VALUE_SCHEMA,
    TileRow,
    fetch,
    fragment,
    key_of,
    message,
    view,
    wire,
)

SHORT = TileTopic("dev", fragment("tiles_short"), view(), fetch)
PLAIN = TileRow(n=5)


def better(refused: TileRow, held: TileRow) -> bytes | None:
    """What is written behind a refused row where the store holds the record of another."""
    (theirs,), (ours,) = SHORT.writes([message(refused)]), SHORT.writes([message(held)])
    return SHORT.better_row(SHORT.suspect(theirs, 0), ours.rows[0].record, None)


@pytest.mark.parametrize(
    "row",
    [
        PLAIN,
        replace(PLAIN, least=None, weight=None, due=None, clerk=None),
        replace(PLAIN, clerk="\0\0"),
        replace(PLAIN, volume=Decimal("-123456789012345678.99"), least=Decimal("-0.01"), due=-1),
        replace(PLAIN, volume=Decimal("-1.28"), least=Decimal("1.28")),  # two's complement of one byte, and of two
        replace(PLAIN, volume=Decimal("999999999999999999.99"), n=2**32 - 1, first=0, last=MINUTE - 1),
    ],
    ids=str,
)
def test_the_better_row_is_the_one_its_record_was_made_from(row: TileRow) -> None:
    data = better(replace(PLAIN, n=3), row)
    assert data is not None
    assert data[:5] == (message(row).value() or b"")[:5]
    assert fastavro.schemaless_reader(io.BytesIO(data[5:]), fastavro.parse_schema(VALUE_SCHEMA), None) == row.value


# --- where tiles keep events ------------------------------------------------------------------------------------------

EVENTS = Partial(name="events", function="lasts", value=None, where=None, type=STRING, most=9)
KEEPING = TileTopic("dev", fragment("tiles_short"), view((*PARTIALS, EVENTS)), fetch)
TEXTS = {3: "later", 5: "later\uffff\3earlier", 6: "another"}


def keeping(n: int) -> "Message[bytes, bytes]":
    row = replace(PLAIN, n=n)
    value = wire(3, KEEPING_SCHEMA, {**row.value, "events": TEXTS[n]})
    return Message(topic="t", partition=0, offset=n, key=key_of(row), value=value)


def test_events_are_stored_beside_the_record_and_written_with_it_again() -> None:
    (theirs,), (ours,) = KEEPING.writes([keeping(3)]), KEEPING.writes([keeping(5)])
    (row,) = ours.rows
    assert row.events == row.record[:16] + TEXTS[5].encode()
    data = KEEPING.better_row(KEEPING.suspect(theirs, 0), row.record, row.events)
    assert data is not None
    found = fastavro.schemaless_reader(io.BytesIO(data[5:]), fastavro.parse_schema(KEEPING_SCHEMA), None)
    assert found == {**replace(PLAIN, n=5).value, "events": TEXTS[5]}


def test_events_of_another_row_or_none_are_not_written_with_it() -> None:
    (theirs,), (ours,), (newer,) = (KEEPING.writes([keeping(n)]) for n in (3, 5, 6))
    suspect, record = KEEPING.suspect(theirs, 0), ours.rows[0].record
    assert KEEPING.better_row(suspect, record, newer.rows[0].events) is None
    assert KEEPING.better_row(suspect, record, None) is None


def test_a_record_of_no_more_events_is_not_better() -> None:
    assert better(replace(PLAIN, n=5), PLAIN) is None
    assert better(replace(PLAIN, n=6), PLAIN) is None


def test_a_slot_that_a_later_tile_has_taken_holds_nothing_of_this_one() -> None:
    assert better(replace(PLAIN, n=3), replace(PLAIN, tile=PLAIN.tile + 64)) is None


def test_a_suspect_survives_its_document() -> None:
    (write,) = SHORT.writes([message(PLAIN)])
    suspect = SHORT.suspect(write, 0)
    assert (suspect.tile, suspect.n, suspect.level, suspect.field) == (PLAIN.tile, 5, MINUTE, "40")
    assert msgspec.json.decode(msgspec.json.encode(suspect), type=type(suspect)) == suspect


# --- in a strip -------------------------------------------------------------------------------------------------------

STRIP = TileTopic("dev", fragment("tiles_short"), view(PARTIALS[:-1]), fetch)  # without the mark


def in_strip(*rows: TileRow) -> GuardedWrite:
    (write,) = STRIP.writes([message(row) for row in rows])
    return write


def test_a_write_into_a_strip_says_how_long_its_records_are_and_how_many_tiles_its_ring_spans() -> None:
    write = in_strip(PLAIN)
    assert (write.size, write.slots) == (len(write.rows[0].record), 64)
    (into_hash,) = SHORT.writes([message(PLAIN)])
    assert into_hash.size is None


def test_the_better_row_is_found_among_the_others_of_its_strip() -> None:
    earlier, later = replace(PLAIN, tile=PLAIN.tile - 1), replace(PLAIN, tile=PLAIN.tile + 1)
    strip = strip_of([row.record for row in in_strip(earlier, PLAIN, later).rows])
    data = STRIP.better_row(STRIP.suspect(in_strip(replace(PLAIN, n=3)), 0), strip, None)
    assert data is not None
    found = fastavro.schemaless_reader(io.BytesIO(data[5:]), fastavro.parse_schema(VALUE_SCHEMA), None)
    assert found == PLAIN.value | {"clerk_greatest": None}


@pytest.mark.parametrize("others", [[], [replace(PLAIN, tile=PLAIN.tile + 64)], [replace(PLAIN, n=3)]], ids=str)
def test_a_strip_without_a_better_row_of_the_tile_gives_none(others: list[TileRow]) -> None:
    strip = strip_of([row.record for row in in_strip(*others).rows]) if others else None
    assert STRIP.better_row(STRIP.suspect(in_strip(replace(PLAIN, n=3)), 0), strip, None) is None
