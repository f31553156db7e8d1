"""Faults are made in the copy alone, and each must still be one."""

import subprocess
from pathlib import Path

import pytest

from tests.mutants.copied import Outcome, Tree
from tests.mutants.mutant import Mutant

TEST = """
from one import add

def test_adds():
    assert add(1, 2) == 3

def test_is_there():
    assert add
"""


def mutant(old: str, new: str) -> Mutant:
    return Mutant(name="a fault", file="one.py", old=old, new=new, tests=("test_one.py",))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout of one module and its tests."""
    root = tmp_path / "root"
    root.mkdir()
    (root / "one.py").write_text("def add(a, b):\n    return a + b\n")
    (root / "test_one.py").write_text(TEST)
    (root / ".gitignore").write_text("*.pyc\nleft\n")
    (root / "left").write_text("")
    subprocess.run(["git", "init", "-q", root], check=True)
    return root


@pytest.mark.parametrize(("old", "new"), [("a - b", "a"), ("a", "b"), ("a + b", "a + b")])
def test_a_fault_replaces_one_text_by_another(root: Path, old: str, new: str) -> None:
    text = (root / "one.py").read_text()
    assert mutant("a + b", "a - b").mutated(text) == "def add(a, b):\n    return a - b\n"
    with pytest.raises(LookupError, match="a fault: "):
        mutant(old, new).mutated(text)


def test_a_fault_is_noticed_or_not_or_no_fault_at_all(root: Path, tmp_path: Path) -> None:
    tree = Tree(root, tmp_path / "copy")
    assert not (tree.copy / "left").exists()
    assert tree.test(("test_one.py",)) == Outcome(passed=True, first="", trouble="")

    mutant("a + b", "a - b").apply(tree.copy)
    assert tree.test(("test_one.py",)) == Outcome(passed=False, first="test_one.py::test_adds", trouble="")
    assert tree.test(("test_one.py", "-k", "there")).passed
    assert (root / "one.py").read_text().endswith("return a + b\n")

    mutant("a - b", "a -").apply(tree.copy)
    broken = tree.test(("test_one.py",))
    assert not broken.passed
    assert not broken.first
    assert "SyntaxError" in broken.trouble or "error" in broken.trouble


def test_tests_that_import_another_package_are_not_run(root: Path, tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="tests in the copy import"):
        Tree(root, tmp_path / "copy").check()  # it has no millpond, and finds the installed one
