"""Columns in which nothing is said."""

from millpond.plan.english.tables import without_empty


def test_a_column_in_which_no_row_says_anything_is_left_out() -> None:
    assert without_empty(["a", "b", "c"], [["1", "", ""], ["2", "", "x"]]) == [["a", "c"], ["1", ""], ["2", "x"]]


def test_a_table_without_rows_keeps_its_heads() -> None:
    assert without_empty(["a", "b"], iter([])) == [["a", "b"]]
