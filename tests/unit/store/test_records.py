"""Records: what is packed comes back exactly, and what does not fit is never wrapped."""

import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.plan.errors import MillpondError
from millpond.plan.partials import MARKED
from millpond.plan.types import DOUBLE, INT, STRING, TIMESTAMP, Type
from millpond.store.records import Column, RecordLayout, Records, sum_wide, wide_integers
from tests.unit.materialize.sample import PARTIALS, view
from tests.unit.store.columns import columns, partial

NARROW, WIDE, WIDEST = Type("decimal", 18, 2), Type("decimal", 19, 0), Type("decimal", 38, 4)
HEADER = {"tile": [28_333_333], "n": [3], "first": [10], "last": [59_999]}
U32, I64, I128 = st.integers(0, 2**32 - 1), st.integers(-(2**63), 2**63 - 1), st.integers(-(2**127), 2**127 - 1)


EVERY = (
    partial("a_count", "count", INT),
    partial("b_sum", "sum", NARROW),
    partial("c_sum", "sum", WIDEST),
    partial("d_sum", "sum", DOUBLE),
    partial("e_min", "min", INT),
    partial("f_max", "max", TIMESTAMP),
    partial("g_min", "min", WIDE),
    partial("h_max", "max", DOUBLE),
)
LAYOUT = RecordLayout(EVERY)
ROW = st.fixed_dictionaries(
    {"tile": U32, "n": U32, "first": U32, "last": U32}
    | {"a_count": U32, "b_sum": I64, "c_sum": I128, "d_sum": st.floats(allow_nan=False)}
    | {"e_min": st.none() | I64, "f_max": st.none() | I64, "g_min": st.none() | I128}
    | {"h_max": st.none() | st.floats(allow_nan=False)}
)


def is_null(layout: RecordLayout, records: Records, name: str) -> list[bool]:
    if name not in layout.nullable:
        return [False] * len(records)
    return [bool(mark & layout.bit(name)) for mark in records["nulls"].tolist()]


def turned(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


@given(st.lists(ROW, min_size=1, max_size=8))
def test_records_come_back_exactly(rows: list[dict[str, Any]]) -> None:
    packed = LAYOUT.pack(columns(turned(rows)))
    assert {len(record) for record in packed} == {LAYOUT.size}
    found = LAYOUT.decode(packed)
    for name in rows[0]:
        held = wide_integers(found[name]) if name in ("c_sum", "g_min") else found[name].tolist()
        nulls = is_null(LAYOUT, found, name)
        assert [None if null else value for value, null in zip(held, nulls, strict=True)] == turned(rows)[name]


@given(st.lists(I128, min_size=1, max_size=50))
def test_a_wide_sum_never_wraps(values: list[int]) -> None:
    layout = RecordLayout([partial("x_sum", "sum", WIDEST)])
    header = {name: [0] * len(values) for name in HEADER}
    assert sum_wide(layout.decode(layout.pack(columns({**header, "x_sum": values})))["x_sum"]) == sum(values)


@given(st.lists(I64, min_size=1, max_size=8))
def test_a_wide_partial_takes_its_sign_from_64_bits_where_that_is_all_there_is(values: list[int]) -> None:
    layout = RecordLayout([partial("x_sum", "sum", WIDEST)])
    header = columns({name: [0] * len(values) for name in HEADER})
    packed = layout.pack({**header, "x_sum": Column(np.array(values, np.int64), None)})
    assert wide_integers(layout.decode(packed)["x_sum"]) == values


@pytest.mark.parametrize("name", ["tile", "n", "first", "last", "a_count"])
@pytest.mark.parametrize("value", [-1, 2**32])
def test_a_count_or_header_that_does_not_fit_is_refused(name: str, value: int) -> None:
    with pytest.raises(OverflowError):
        LAYOUT.pack(columns(one() | {name: [value]}))


@pytest.mark.parametrize(
    ("name", "bits"), [("b_sum", 63), ("e_min", 63), ("f_max", 63), ("c_sum", 127), ("g_min", 127)]
)
@pytest.mark.parametrize("sign", [-1, 1])
def test_a_number_that_does_not_fit_is_refused(name: str, bits: int, sign: int) -> None:
    edge = 2**bits - 1 if sign > 0 else -(2**bits)
    assert LAYOUT.pack(columns(one() | {name: [edge]}))
    with pytest.raises(OverflowError):
        LAYOUT.pack(columns(one() | {name: [edge + sign]}))


@pytest.mark.parametrize("name", ["n", "a_count", "b_sum", "c_sum", "d_sum"])
def test_null_is_refused_where_there_is_no_bit_for_it(name: str) -> None:
    with pytest.raises(TypeError):
        LAYOUT.pack(columns(one() | {name: [None]}))


def one() -> dict[str, list[Any]]:
    sums: dict[str, list[Any]] = {"a_count": [1], "b_sum": [1], "c_sum": [1], "d_sum": [1.0]}
    return HEADER | sums | {p.name: [None] for p in EVERY[4:]}


def test_the_guard_finds_tile_n_and_first_in_the_first_twelve_bytes() -> None:
    (record,) = LAYOUT.pack(columns(one()))
    assert struct.unpack("<III", record[:12]) == (28_333_333, 3, 10)


def test_a_view_of_ordinary_size_takes_at_most_64_bytes() -> None:
    # Beyond 64 bytes a hash leaves its compact form, which takes 2.5 times the memory.
    assert RecordLayout.of(view()).partials == PARTIALS
    layout = RecordLayout([one for one in PARTIALS if one.function not in MARKED])
    assert layout.size == 16 + 1 + 4 + 16 + 8 + 8 + 8


MARKS = st.lists(
    st.tuples(st.none() | st.text(min_size=1), U32, st.none() | st.text(min_size=1)), min_size=1, max_size=6
)


@given(MARKS)
def test_marks_of_any_length_come_back_beside_the_numbers(rows: list[tuple[str | None, int, str | None]]) -> None:
    every = (
        partial("a_least", "least", STRING),
        partial("n_count", "count", INT),
        partial("b_greatest", "greatest", STRING),
    )
    layout = RecordLayout(every)
    header: dict[str, list[Any]] = {name: [7] * len(rows) for name in HEADER}
    given: dict[str, list[Any]] = {p.name: [row[at] for row in rows] for at, p in enumerate(every)}
    packed = layout.pack(columns(header | given))
    found = layout.decode(packed)

    assert layout.marks == ("a_least", "b_greatest")
    assert found["n_count"].tolist() == given["n_count"]
    assert [layout.marks_of(record) for record in packed] == [
        {name: given[name][row] for name in layout.marks} for row in range(len(rows))
    ]


def test_marks_of_several_records_end_where_each_says() -> None:
    layout = RecordLayout([partial("a_least", "least", STRING), partial("b_greatest", "greatest", STRING)])
    header: dict[str, list[Any]] = {name: [7, 8] for name in HEADER}
    packed = layout.pack(columns(header | {"a_least": ["x", "yy"], "b_greatest": [None, "zzz"]}))
    size = layout.size
    assert layout.ends(packed, layout.decode(packed)).tolist() == [
        [size, size + 1, size + 1],
        [size, size + 2, size + 5],
    ]


def test_marks_of_another_size_than_is_said_are_refused() -> None:
    layout = RecordLayout([partial("a_least", "least", STRING)])
    (record,) = layout.pack(columns(HEADER | {"a_least": ["abc"]}))
    for other in (record[:-1], record + b"d"):
        with pytest.raises(MillpondError, match="sizes of a record's marks"):
            layout.marks_of(other)
    with pytest.raises(MillpondError, match="records take"):
        layout.marks_of(record[:10])


def test_an_empty_mark_is_refused_for_it_would_be_null() -> None:
    layout = RecordLayout([partial("a_least", "least", STRING)])
    with pytest.raises(ValueError, match="a_least has an empty mark"):
        layout.pack(columns(HEADER | {"a_least": [""]}))


def test_null_bits_take_room_only_where_there_is_a_min_or_max() -> None:
    assert RecordLayout([partial("a_count", "count", INT)]).size == 20
    many = [partial(f"m{i}_min", "min", INT) for i in range(64)]
    layout = RecordLayout(many)
    assert layout.size == 16 + 8 + 64 * 8
    packed = layout.pack(columns(HEADER | {p.name: [None if i == 63 else i] for i, p in enumerate(many)}))
    assert is_null(layout, layout.decode(packed), "m63_min") == [True]
    assert is_null(layout, layout.decode(packed), "m62_min") == [False]
    with pytest.raises(MillpondError, match="65 min and max"):
        RecordLayout([*many, partial("more_min", "min", INT)])


def test_bytes_of_another_layout_are_refused() -> None:
    with pytest.raises(MillpondError, match="records take"):
        LAYOUT.decode([b"\0" * (LAYOUT.size + 1)])


def test_no_records_make_an_empty_array() -> None:
    found = LAYOUT.decode([])
    assert len(found) == 0
    assert found.dtype == LAYOUT.dtype


def test_a_partial_without_a_form_is_refused() -> None:
    with pytest.raises(MillpondError, match="no place in a record"):
        RecordLayout([partial("x_min", "min", STRING)])
