"""The ground truth as a file of its own."""

from pathlib import Path

import duckdb
import pytest

from millpond.plan.errors import MillpondError
from millpond.simulate.truth import count_patterns, kept

TRUTH = {"b": "mule", "a": "burst", "c": "mule"}


def test_what_was_filled_in_is_a_file(tmp_path: Path) -> None:
    out = tmp_path / "new" / "truth.parquet"
    with kept(out) as truth:
        assert not out.exists()
        truth.update(TRUTH)
    found = duckdb.execute("SELECT event_id, pattern FROM read_parquet(?)", [str(out)]).fetchall()
    assert found == list(TRUTH.items())
    assert [path.name for path in out.parent.iterdir()] == ["truth.parquet"]


def test_no_fraud_is_a_file_without_rows(tmp_path: Path) -> None:
    with kept(tmp_path / "truth.parquet"):
        pass
    assert duckdb.execute("FROM read_parquet(?)", [str(tmp_path / "truth.parquet")]).fetchall() == []


def test_what_fails_inside_leaves_nothing(tmp_path: Path) -> None:
    def interrupted() -> None:
        with kept(tmp_path / "truth.parquet") as truth:
            truth.update(TRUTH)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_there_stays_and_is_refused_first(tmp_path: Path) -> None:
    out = tmp_path / "truth.parquet"
    out.write_text("mine")
    with pytest.raises(MillpondError, match=r"such a file already[\s\S]*name another"), kept(out):
        pytest.fail("it was not refused first")
    assert out.read_text() == "mine"


def test_a_place_where_nothing_can_be_written_is_refused_first(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(MillpondError, match="cannot be written"), kept(tmp_path / "file" / "truth.parquet"):
        pytest.fail("it was not refused first")


def test_patterns_are_counted_by_name() -> None:
    assert list(count_patterns(TRUTH).items()) == [("burst", 1), ("mule", 2)]
