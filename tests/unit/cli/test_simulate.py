"""Which options go together; what is refused is refused before anything is done."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from millpond.cli.app import app
from millpond.plan.errors import MillpondError


def refusal(*options: str) -> MillpondError:
    ran = CliRunner().invoke(app, ["simulate", *options])
    assert isinstance(ran.exception, MillpondError), ran.output
    return ran.exception


@pytest.mark.parametrize(
    ("options", "what", "mend"),
    [
        ("", "nothing says where", "--out FOLDER"),
        ("--days 3", "nothing says where", "--publish"),
        ("--out x --publish", "are two runs", "--out FOLDER"),
        ("--out x --live", "--live says nothing without --publish", "leave out --live"),
        ("--out x --rate 5", "--rate says nothing without --publish", "leave out --rate"),
        ("--out x --append", "--append says nothing without --publish", "leave out --append"),
        ("--out x --truth y", "--truth says nothing without --publish", "leave out --truth"),
        ("--out x --env dev", "--env says nothing without --publish", "leave out --env"),
        ("--publish --force", "--force says nothing without --out", "leave out --force"),
        ("--publish --live --start 2024-01-01", "begins --days before today", "leave out --start"),
        ("--publish --live --rate 5 --customers 100", "--rate says how many customers", "leave out --customers"),
        ("--publish --days 0", "0 days", "at least one day"),
        ("--publish --start 9000-01-01", "will not all have arrived", "--live"),
        ("--publish --customers 3", "too few", "50 or more"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_mend(
    options: str, what: str, mend: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused = refusal(*options.split())
    assert what in refused.what
    assert mend in (refused.mend or "")
    assert list(tmp_path.iterdir()) == []


def test_an_environment_chosen_for_all_verbs_is_no_option_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MILLPOND_ENV", "demo")
    options = ["--out", str(tmp_path / "out"), "--customers", "60", "--events", "10"]
    ran = CliRunner().invoke(app, ["simulate", *options], catch_exceptions=False)
    assert "10 events written" in ran.output


def test_publishing_asks_for_a_project_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert "no millpond.toml" in refusal("--publish", "--truth", "truth.parquet").what
    assert list(tmp_path.iterdir()) == []
