"""Many entities read at once: the same states as one after the other, and the same vectors."""

from collections.abc import Sequence
from dataclasses import astuple
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.errors import MillpondError
from millpond.plan.types import DOUBLE, INT, Type
from millpond.plan.windows import DAY, HOUR, MINUTE, SKEW
from millpond.serve.flow import ReadFlow
from millpond.serve.strips import Strips, merger_of_many
from millpond.store.records import RecordLayout
from millpond.store.strip import strip_of
from tests.unit.serve.sample import Event, publication, stamps, strip
from tests.unit.store.columns import I64, I128, MERGED, columns, partial

NOON = 20_000 * DAY + 12 * HOUR
NARROW, WIDE = Type("decimal", 18, 2), Type("decimal", 38, 2)
SMALL = st.integers(-1_000, 1_000)
FLOATS = st.floats(allow_nan=False, allow_infinity=False, width=32)

LAYOUT = RecordLayout(
    [
        partial("a_count", "count", INT),
        partial("b_sum", "sum", NARROW),
        partial("c_sum", "sum", WIDE),
        partial("d_sum", "sum", DOUBLE),
        partial("e_min", "min", NARROW),
        partial("f_max", "max", WIDE),
        partial("g_max", "max", INT),
        partial("h_min", "min", DOUBLE),
    ]
)
Row = dict[str, Any]
ROW = st.fixed_dictionaries(
    {"n": st.just(1), "first": st.just(0), "last": st.integers(0, 99), "a_count": st.integers(0, 2**32 - 1)}
    | {"b_sum": SMALL | I64, "c_sum": SMALL | I64 | I128, "d_sum": FLOATS, "e_min": st.none() | SMALL | I64}
    | {"f_max": st.none() | I128, "g_max": st.none() | I64, "h_min": st.none() | FLOATS}
)
ENTITY = st.dictionaries(st.integers(0, 12) | st.integers(0, 2**32 - 1), ROW, max_size=6)


def strip_holding(rows: dict[int, Row]) -> bytes | None:
    if not rows:
        return None
    ordered = [{"tile": tile, **rows[tile]} for tile in sorted(rows)]
    return strip_of(LAYOUT.pack(columns({name: [row[name] for row in ordered] for name in ordered[0]})))


@given(st.lists(ENTITY, min_size=1, max_size=5), st.data())
def test_states_over_some_tiles_of_each_are_those_of_their_values(entities: list[dict[int, Row]], data: Any) -> None:
    """Sums leave 64 and 128 bits behind; least and greatest pass over nulls."""
    strips = Strips(LAYOUT, [strip_holding(rows) for rows in entities], 100)
    ends = st.integers(-3, 14) | st.integers(0, 2**32)
    asked = [sorted(data.draw(st.tuples(ends, ends))) for _ in entities]
    start, stop = (strips.places(np.array(some, np.int64)) for some in zip(*asked, strict=True))
    for one in LAYOUT.partials:
        expected = []
        for rows, (first, end) in zip(entities, asked, strict=True):
            inside = [rows[tile][one.name] for tile in sorted(rows) if first <= tile < end]
            known = [value for value in inside if value is not None]
            expected.append(MERGED[one.function](known))
        found = merger_of_many(LAYOUT, one)(strips, start, stop)
        assert found == expected, one.name
        assert all(value is None or type(value) in (int, float) for value in found)


@given(st.lists(ENTITY, min_size=1, max_size=5), st.lists(st.integers(0, 13), min_size=5, max_size=5))
def test_the_last_event_of_a_tile_and_of_all_is_told(entities: list[dict[int, Row]], tiles: list[int]) -> None:
    strips = Strips(LAYOUT, [strip_holding(rows) for rows in entities], 100)
    asked = tiles[: len(entities)]
    assert strips.last_of(np.array(asked, np.int64)).tolist() == [
        rows[tile]["last"] if tile in rows else -1 for rows, tile in zip(entities, asked, strict=True)
    ]
    assert strips.latest.tolist() == [max(rows) * 100 + rows[max(rows)]["last"] if rows else -1 for rows in entities]


def test_a_range_that_begins_before_all_tiles_does_not_reach_into_another_entitys() -> None:
    row = {"n": 1, "first": 0, "last": 0, "a_count": 1, "b_sum": 0, "c_sum": 0, "d_sum": 0.0}
    nulls = dict.fromkeys(["e_min", "f_max", "g_max", "h_min"])
    strips = Strips(LAYOUT, [strip_holding({2**32 - 1: row | nulls}), None, strip_holding({0: row | nulls})], 100)
    assert strips.places(np.array([2**32 - 1, -3, -3])).tolist() == [0, 1, 1]
    assert strips.places(np.array([2**32 + 5, 2**32 + 5, 7])).tolist() == [1, 1, 2]


def test_a_strip_of_another_layout_is_no_number() -> None:
    with pytest.raises(MillpondError, match="are no strip of records of"):
        Strips(LAYOUT, [None, b"12345"], 100)


EVENTS = st.lists(
    st.tuples(st.integers(NOON - 6 * HOUR, NOON + 2 * MINUTE), st.decimals(0, 1000, places=2)), max_size=12
)


@pytest.mark.parametrize("later", [-1, 0, 1, 2])
def test_of_many_later_events_at_the_head_are_noticed(later: int) -> None:
    flow = ReadFlow(publication(), "dev")
    q = NOON + 30_000
    events = [(q + later, Decimal(1))]
    replies: Any = [[[strip(events, part.size, part.slots)] for part in flow.parts], [[None] for _ in flow.parts]]
    told: Any = {"as_of": q, "asked": q, "now": q, "fresh": stamps(flow, q), "stale_after": 30_000}
    ahead, empty = flow.vectors(replies, given=[{}, {}], **told)
    assert ahead.status_of()["card.count_1h"] == ("ahead" if later > 0 else "present")
    assert empty.status_of()["card.count_1h"] == "empty"


def test_of_many_a_tile_that_has_given_way_is_missed() -> None:
    slots = publication().views[0].view.levels[0].slots
    late = NOON + slots * MINUTE
    flow = ReadFlow(publication(deployed_at=late), "dev")
    gone, there = ([(NOON, Decimal(1)), (later, Decimal(1))] for later in (late, late - MINUTE))
    replies = [[[strip(events, part.size, part.slots)] for part in flow.parts] for events in (gone, there)]
    told: Any = {"as_of": NOON, "asked": late, "now": late, "fresh": stamps(flow, late), "stale_after": 30_000}
    found = flow.vectors(replies, given=[{}, {}], **told)
    assert [one.status_of()["card.count_1h"] for one in found] == ["incomplete", "present"]


@given(
    st.lists(st.none() | EVENTS, min_size=1, max_size=6),
    st.none() | st.sampled_from([NOON, NOON - 2 * HOUR, NOON + 90_000, NOON + 3 * DAY]),
    st.sampled_from([0, NOON - 2 * HOUR]),
    st.sampled_from([0, NOON - DAY, NOON]),
    st.sampled_from([NOON, NOON - HOUR]),
)
def test_many_vectors_are_those_of_one_after_the_other(
    entities: Sequence[list[Event] | None], as_of: int | None, covered_since: int, deployed_at: int, stamped: int
) -> None:
    """Without a key, without events, in the past, ahead of the clock, before the tiles were covered, and stale."""
    flow = ReadFlow(publication(covered_since=covered_since, deployed_at=deployed_at), "dev")
    replies = [
        [None if events is None else [strip(events, part.size, part.slots)] for part in flow.parts]
        for events in entities
    ]
    told: Any = {"as_of": as_of, "asked": NOON, "now": NOON + 5, "fresh": stamps(flow, stamped), "stale_after": 30_000}
    expected = [flow.vector(one, **told) for one in replies]
    found = flow.vectors(replies, given=[{} for _ in replies], **told)
    assert [astuple(one) for one in found] == [astuple(one) for one in expected]
    assert all(type(value) in (int, float, Decimal, type(None)) for one in found for value in one.computed)
    assert max(one.as_of for one in found) <= max(as_of or 0, NOON + SKEW)
