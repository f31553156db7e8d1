"""`millpond diff` as it is typed: what is said, in three forms, and the exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from millpond.cli import diff
from millpond.cli.app import app
from millpond.define.pool_files import as_it_stands
from millpond.plan.errors import MillpondError
from millpond.review.earlier import pool_at
from millpond.review.standing import Standing
from tests.unit.review.pools import repository

LOAD = """
[sources.sales]
events_per_second = 10
history = "30d"
text_bytes = 16

[entities.customer]
count = 1000
"""


def run(root: Path, *words: str) -> tuple[int, str]:
    """The exit code of `millpond diff`, and what it says."""
    done = CliRunner(env={"COLUMNS": "200"}).invoke(app, ["diff", *words, "--root", str(root)])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project with a change of meaning that is neither compiled nor committed."""
    made = repository(tmp_path)
    file = made / "features/shop/visitor.py"
    file.write_text(file.read_text().replace("_.amount > 5", "_.amount > 6"))
    return made


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> None:
    """An environment in which what is committed is deployed."""

    def standing(folder: Path, _against: str, _env: str) -> Standing:
        found = Standing.as_deployed(pool_at(folder, "HEAD"))
        return Standing(ns="dev", jobs=found.jobs, retired={}, published=found.published, is_real=True)

    monkeypatch.setattr(diff, "_standing", standing)


def test_against_a_commit_a_meaning_may_change(root: Path) -> None:
    code, said = run(root)
    assert code == 0
    assert said.startswith("Against HEAD: 1 view of another meaning, 1 set of another meaning, 0 unchanged")
    assert "Refused where HEAD is published" in said
    assert "Count(where=_.amount > 6)" in said


@pytest.mark.usefixtures("published")
def test_against_what_is_published_a_meaning_may_not_change(root: Path) -> None:
    code, said = run(root, "published")
    assert code == 1
    assert "a deployment is refused" in said
    assert "set version=2 in its definition" in said


@pytest.mark.usefixtures("published")
def test_against_what_is_published_all_else_is_allowed(tmp_path: Path) -> None:
    code, said = run(repository(tmp_path), "published")
    assert code == 0
    assert "2 unchanged; a deployment starts 0 jobs." in said


def test_nothing_is_written(root: Path) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".git" not in path.parts}
    run(root)
    after = {path: path.read_bytes() for path in root.rglob("*") if path.is_file() and ".git" not in path.parts}
    assert after == before


def test_a_wrong_definition_is_said_as_ever(root: Path) -> None:
    (root / "features/shop/visitor.py").write_text("import nothing_of_that_name")
    code, said = run(root)
    assert code == 2
    assert "nothing_of_that_name" in said


def test_as_json_it_says_the_same(root: Path) -> None:
    code, said = run(root, "--json")
    told: dict[str, Any] = json.loads(said)
    assert code == 0
    assert told["ok"] is True
    assert told["cost"] is None
    assert [change["kind"] for change in told["difference"]["changes"]] == ["meaning", "meaning"]
    assert told["difference"]["changes"][0]["details"][0] == {
        "what": "dear_1h: is",
        "before": "Count(where=_.amount > 5)",
        "after": "Count(where=_.amount > 6)",
    }
    assert [error["where"] for error in told["outlook"]["refused"]] == ["view shop.visitor", "set shop.seen"]
    assert told["tails"][0] == {"feature": "shop.visitor.v1.dear_1h", "window": "1h", "tiles": "1m", "error": "< 1m"}
    assert told["rows"] == {"shop.visitor.v1": 2}


def test_with_a_load_it_says_what_it_costs(root: Path, tmp_path: Path) -> None:
    (tmp_path / "load.toml").write_text(LOAD)
    code, said = run(root, "--load", str(tmp_path / "load.toml"), "--json")
    cost = json.loads(said)["cost"]
    assert code == 0
    assert cost["before"]["shop.visitor.v1"] == cost["after"]["shop.visitor.v1"]
    one = cost["after"]["shop.visitor.v1"]
    assert one["rows"] == 2
    # Of a month at once Flink holds every tile, of an hour of live events those of two days.
    assert one["history"]["state"] > 5 * one["live"]["state"] > 0
    assert one["live"]["store"] > 1000 * 100
    # Two jobs would remember the events of one source apart.
    assert [name.startswith("events of shop.sales.") for name in cost["after"]] == [False, True]
    assert "; store " in run(root, "--load", str(tmp_path / "load.toml"))[1].splitlines()[0]


def test_what_is_left_ends_with_all_that_only_it_needs(root: Path, tmp_path: Path) -> None:
    (tmp_path / "load.toml").write_text(LOAD)
    file = root / "features/shop/visitor.py"
    file.write_text(file.read_text().replace("version=1", "version=2"))
    cost = json.loads(run(root, "--load", str(tmp_path / "load.toml"), "--json")[1])["cost"]
    old, events, new, others = cost["after"]
    assert (old, new) == ("shop.visitor.v1", "shop.visitor.v2")
    assert events.startswith("events of shop.sales.") and others.startswith("events of shop.sales.")
    assert cost["left"] == [old, events]


def test_a_load_is_told_or_counted(root: Path, tmp_path: Path) -> None:
    (tmp_path / "load.toml").write_text(LOAD)
    with pytest.raises(MillpondError, match="either told or counted"):
        run(root, "--load", str(tmp_path / "load.toml"), "--data", str(tmp_path))


def test_the_pool_is_compiled_in_memory_with_the_levels_it_had(root: Path) -> None:
    assert as_it_stands(root)[1].views[0].levels == pool_at(root, "HEAD").views[0].levels
