"""Quoting: any text comes back as it went in."""

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from millpond.sql.quote import backticked, double_quoted, duckdb_text, flink_text

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(TEXT)
def test_any_text_comes_back_from_duckdb(text: str) -> None:
    assert duckdb.execute(f"SELECT {duckdb_text(text)}").fetchall() == [(text,)]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_any_name_comes_back_from_duckdb(name: str) -> None:
    assert duckdb.execute(f"SELECT 1 AS {double_quoted(name)}").description[0][0] == name


# What a text comes back as from Flink itself is in tests/integration/test_flink_expressions.py.
@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("", "''"),
        ("o'clock", "'o''clock'"),
        ("back\\slash é \U0001f600", "'back\\slash é \U0001f600'"),
        ("'\n\\", "U&'''\\000a\\\\'"),
        ("\0\u2028\U0001f600", "U&'\\0000\\2028\U0001f600'"),
        ("\U000e0001", "U&'\U000e0001'"),
    ],
)
def test_flink_reads_controls_as_escapes(text: str, quoted: str) -> None:
    assert flink_text(text) == quoted


def test_flink_names_hold_backticks() -> None:
    assert backticked("a`; DROP") == "`a``; DROP`"
