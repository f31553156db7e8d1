"""Which options go together; what is refused is refused before anything is done."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from millpond.cli.app import app
from millpond.plan.errors import MillpondError
from millpond.simulate.places import DAY
from millpond.simulate.publish import Published
from millpond.simulate.simulation import START_MS


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


def test_what_was_published_is_told_with_what_to_type_next(monkeypatch: pytest.MonkeyPatch) -> None:
    for address in ("KAFKA", "REGISTRY", "FLINK", "STORE"):
        monkeypatch.setenv(f"MILLPOND_{address}", "nowhere:1")
    arrivals = (START_MS, START_MS + 40 * DAY)
    done = Published(rows={"one": 1_200, "two": 34}, arrivals=arrivals)
    monkeypatch.setattr("millpond.simulate.publish.open_topics", lambda settings, schemas, append: {})
    monkeypatch.setattr("millpond.simulate.publish.publish", lambda *given, **named: done)
    ran = CliRunner().invoke(app, ["simulate", "--publish", "--env", "demo"], catch_exceptions=False)
    assert ran.exit_code == 0
    assert "1,234 events published to demo" in ran.output
    assert "arrivals from 2024-01-01T00:00:00Z to 2024-02-10T00:00:00Z" in ran.output
    # Read when the last day ends: what arrives later tells of nothing later.
    assert "millpond deploy --from earliest --env demo" in ran.output
    assert "--as-of 2024-01-31T00:00:00Z --env demo" in ran.output
