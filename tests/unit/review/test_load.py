"""Loads as files say them."""

from pathlib import Path

import pytest

from millpond.plan.errors import DefinitionError
from millpond.plan.windows import DAY
from millpond.review.load import EntityLoad, SourceLoad, read_load

WHOLE = """
[sources.transfers]
events_per_second = 12.5
history = "90d"
text_bytes = { event_id = 36 }
values = 20

[entities.account]
count = 200_000
skew = 0.8
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "load.toml"
    file.write_text(text)
    return file


def test_a_load_is_read_as_it_is_written(tmp_path: Path) -> None:
    load = read_load(written(tmp_path, WHOLE))
    assert load.entity("account") == EntityLoad(count=200_000, skew=0.8)
    assert load.source("transfers").history_ms == 90 * DAY
    assert load.source("transfers").events_per_ms == 0.0125
    assert load.text_bytes("transfers", "event_id") == 36
    assert load.values("transfers", "whatever") == 20


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("12.5", "0", "events_per_second is a number above 0"),
        ("200_000", "0", "count is at least 1"),
        ("0.8", "3", "skew from 0 to 2"),
        ('"90d"', '"90 days"', "'90 days' is not a duration"),
        ("events_per_second", "events_a_second", "events_a_second"),
        ("[sources", "[source", "source"),
        ("count =", "count", "Expected '='"),
    ],
)
def test_what_is_wrong_in_a_file_is_said_with_its_name(tmp_path: Path, old: str, new: str, what: str) -> None:
    file = written(tmp_path, WHOLE.replace(old, new))
    with pytest.raises(DefinitionError) as caught:
        read_load(file)
    assert what in caught.value.what
    assert str(file) in str(caught.value)
    assert caught.value.mend


def test_a_name_that_is_not_there_is_said_with_one_that_is_near(tmp_path: Path) -> None:
    load = read_load(written(tmp_path, WHOLE))
    with pytest.raises(DefinitionError, match="did you mean 'transfers'"):
        load.source("transfer")
    with pytest.raises(DefinitionError, match=r"text_bytes = \{ sender_id = 16 \}"):
        load.text_bytes("transfers", "sender_id")


def test_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(DefinitionError, match="cannot be read"):
        read_load(tmp_path / "none.toml")


def test_defaults_are_no_history_and_no_skew() -> None:
    assert SourceLoad(events_per_second=1).history_ms is None
    assert EntityLoad(count=1).skew == 0
