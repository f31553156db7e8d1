"""Partials merged over records: exact beyond a record's own fields, and nulls are nothing."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.errors import MillpondError
from millpond.plan.types import INT, STRING, Type
from millpond.serve.rows import Tiles, merger
from millpond.store.records import RecordLayout
from millpond.store.strip import records_in, strip_of
from tests.unit.store.columns import I64, I128, MERGED, columns, partial

NARROW, WIDE = Type("decimal", 18, 2), Type("decimal", 38, 2)

LAYOUT = RecordLayout(
    [
        partial("a_count", "count", INT),
        partial("b_sum", "sum", NARROW),
        partial("c_sum", "sum", WIDE),
        partial("d_min", "min", NARROW),
        partial("e_max", "max", WIDE),
        partial("f_max", "max", NARROW),
    ]
)
ROW = st.fixed_dictionaries(
    {"tile": st.just(0), "n": st.just(1), "first": st.just(0), "last": st.just(0), "a_count": st.integers(0, 2**32 - 1)}
    | {"b_sum": I64, "c_sum": I128, "d_min": st.none() | I64, "e_max": st.none() | I128, "f_max": st.none() | I64}
)


def tiles(rows: list[dict[str, Any]]) -> Tiles:
    packed = LAYOUT.pack(columns({name: [row[name] for row in rows] for name in rows[0]})) if rows else []
    return Tiles(LAYOUT, strip_of(packed))


@given(st.lists(ROW, max_size=6))
def test_a_partial_of_many_tiles_is_that_of_all_their_values(rows: list[dict[str, Any]]) -> None:
    """Sums leave 64 and 128 bits behind; least and greatest pass over nulls."""
    for one in LAYOUT.partials:
        values = [row[one.name] for row in rows if row[one.name] is not None]
        assert merger(LAYOUT, one)(tiles(rows), slice(None)) == MERGED[one.function](values)


def test_tiles_are_in_order_whatever_the_store_gave_first() -> None:
    layout = RecordLayout([partial("a_least", "least", STRING), partial("b_count", "count", INT)])
    rows: dict[str, list[Any]] = {"tile": [7, 5, 9], "n": [1] * 3, "first": [0] * 3, "last": [70, 50, 90]}
    rows |= {"a_least": ["seven", None, "nine"], "b_count": [17, 15, 19]}
    held = Tiles(layout, layout.pack(columns(rows)))

    assert (held.numbers, held.newest) == ([5, 7, 9], 9)
    assert held.column("b_count") == [15, 17, 19]
    assert [held.last_of(tile) for tile in (5, 6, 9, 10)] == [50, -1, 90, -1]
    assert [held.numbers[held.between(*ends)] for ends in ((5, 9), (6, 10), (8, 9))] == [[5, 7], [7, 9], []]
    assert held.marks("a_least", held.between(5, 10)) == [b"seven", b"nine"]
    assert held.marks("a_least", held.between(9, 10)) == [b"nine"]


#    ring of 4:   slot 0 1 2 3 0 1 2 3
#    range          [5 6 7)          first = 5, end = 8
@pytest.mark.parametrize(
    ("newest", "lacks"), [(7, False), (8, False), (9, True), (10, True), (11, True), (12, False), (13, True)]
)
def test_in_a_hash_a_slot_is_in_use_again_from_the_first_tile_that_falls_into_it(newest: int, lacks: bool) -> None:
    layout = RecordLayout([partial("a_least", "least", STRING)])
    row: dict[str, list[Any]] = {"tile": [newest], "n": [1], "first": [0], "last": [0], "a_least": ["a"]}
    assert Tiles(layout, layout.pack(columns(row))).may_lack(5, 8, 4) == lacks


@pytest.mark.parametrize(("gone", "lacks"), [(0, False), (5, False), (6, True), (9, True)])
def test_a_strip_says_before_which_tile_all_are_gone(gone: int, lacks: bool) -> None:
    assert Tiles(LAYOUT, strip_of([], gone=gone)).may_lack(5, 8, 4) == lacks


def test_of_a_strip_any_record_is_found_as_it_was_written() -> None:
    rows = [{"tile": tile, "n": 1, "first": 0, "last": 0, "a_count": tile, "b_sum": 0, "c_sum": 0} for tile in (5, 9)]
    nulls = {"d_min": None, "e_max": None, "f_max": None}
    records = LAYOUT.pack(columns({name: [(row | nulls)[name] for row in rows] for name in rows[0] | nulls}))
    held = Tiles(LAYOUT, strip_of(records))
    assert [held.record(place) for place in (0, 1)] == records == records_in(LAYOUT, strip_of(records))
    assert (held.numbers, held.newest, held.place(9), held.place(7)) == ([5, 9], 9, 1, None)
    with pytest.raises(MillpondError, match="are no strip of records of"):
        Tiles(LAYOUT, strip_of(records)[:-1])
    with pytest.raises(MillpondError, match="3 bytes are no strip"):
        Tiles(LAYOUT, bytes(3))


def test_where_there_is_no_strip_there_are_no_tiles() -> None:
    held = Tiles(LAYOUT, None)
    assert (held.numbers, held.newest, held.may_lack(0, 1, 1)) == ([], -1, False)
