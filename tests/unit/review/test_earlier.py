"""The pool at a git revision."""

import subprocess
from pathlib import Path

import pytest

from millpond.define.compiler import compile_pool
from millpond.plan.errors import PlanError
from millpond.plan.model import Pool
from millpond.review.earlier import pool_at
from tests.unit.review.pools import repository


def test_what_was_committed_is_read_whatever_lies_in_the_folder_now(tmp_path: Path) -> None:
    root = repository(tmp_path)
    committed = compile_pool(root)
    (root / "features/shop/visitor.py").write_text("raise SystemExit('nobody runs this')")
    for file in (root / "features/shop/compiled").iterdir():
        file.unlink()
    assert pool_at(root, "HEAD") == committed
    assert pool_at(root, "main") == committed


def test_a_project_below_the_repositorys_root_is_found(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "inner").mkdir()
    subprocess.run(["git", "mv", "features", "schemas", "inner"], cwd=root, check=True)
    subprocess.run(
        ["git", "-c", "user.name=me", "-c", "user.email=me@here", "commit", "-qm", "moved"], cwd=root, check=True
    )
    assert pool_at(root / "inner", "HEAD") == pool_at(root, "HEAD~1")


def test_a_revision_without_plans_has_none(tmp_path: Path) -> None:
    root = repository(tmp_path)
    subprocess.run(["git", "rm", "-rq", "features/shop/compiled"], cwd=root, check=True)
    subprocess.run(
        ["git", "-c", "user.name=me", "-c", "user.email=me@here", "commit", "-qm", "none"], cwd=root, check=True
    )
    assert pool_at(root, "HEAD") == Pool(views=(), sets=())


@pytest.mark.parametrize("revision", ["nowhere", "--help", "HEAD:features"])
def test_what_is_no_commit_is_said(tmp_path: Path, revision: str) -> None:
    with pytest.raises(PlanError) as caught:
        pool_at(repository(tmp_path), revision)
    assert revision in str(caught.value)
    assert "git fetch" in (caught.value.mend or "")


def test_a_damaged_plan_is_named_with_its_revision(tmp_path: Path) -> None:
    root = repository(tmp_path)
    (root / "features/shop/compiled/visitor.view.json").write_text("{}")
    subprocess.run(
        ["git", "-c", "user.name=me", "-c", "user.email=me@here", "commit", "-qam", "torn"], cwd=root, check=True
    )
    with pytest.raises(PlanError, match=r"HEAD:features/shop/compiled/visitor\.view\.json"):
        pool_at(root, "HEAD")
