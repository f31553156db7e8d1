"""What import-linter cannot tell of the import law: what a process loads, and what lies outside the package."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import millpond

ROOT = Path(__file__).parents[2]
OURS = ("millpond", "jobs", "features", "tests")

# Folder -> what of ours its files may import: a module with all below it, or one public name of millpond.
MAY_IMPORT = {
    "millpond": ("millpond",),
    "jobs": ("millpond.plan", "millpond.sql", "jobs"),
    "features": ("features", *(f"millpond.{name}" for name in millpond.__all__)),
    "tests/oracles": ("tests.oracles",),
}

HEAVY = ("pyflink", "ibis", "duckdb", "pandas", "pyarrow", "confluent_kafka", "fastavro", "typer", "rich", "yaml")


def imported(source: str) -> Iterator[str]:
    """Every module or name that a source imports, in full: `from a import b` gives a.b."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def forbidden(source: str, allowed: tuple[str, ...]) -> list[str]:
    """What of ours a source imports although it may not."""
    return [
        name
        for name in imported(source)
        if name.split(".")[0] in OURS and not any(f"{name}.".startswith(f"{prefix}.") for prefix in allowed)
    ]


@pytest.mark.parametrize("folder", MAY_IMPORT)
def test_a_folder_imports_only_what_it_may(folder: str) -> None:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files, f"{folder} has no Python files: is the law about another folder now?"
    broken = {str(file.relative_to(ROOT)): forbidden(file.read_text(), MAY_IMPORT[folder]) for file in files}
    assert {file: names for file, names in broken.items() if names} == {}


@pytest.mark.parametrize(
    ("folder", "source"),
    [
        ("millpond", "from tests.oracles import retail"),
        ("jobs", "import millpond.define"),
        ("jobs", "from millpond import serve"),
        ("jobs", "def late():\n    from millpond.store.keys import key"),
        ("features", "from millpond.define.view import FeatureView"),
        ("features", "import millpond"),
        ("tests/oracles", "from millpond.plan import windows"),
        ("tests/oracles", "from features.retail import sources"),
    ],
)
def test_a_broken_law_is_noticed(folder: str, source: str) -> None:
    assert forbidden(source, MAY_IMPORT[folder])


def loaded_by(statement: str) -> set[str]:
    """The top-level modules, neither Python's own nor there before, that a new process has after a statement."""
    program = (
        "import sys\n"
        "before = set(sys.modules)\n"
        f"{statement}\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before}\n"
        "print(*sorted(new - sys.stdlib_module_names))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return set(ran.stdout.split())


def test_millpond_alone_loads_nothing_else() -> None:
    assert loaded_by("import millpond") == {"millpond"}


@pytest.mark.parametrize("room", ["millpond.plan.model", "millpond.sql"])
def test_what_jobs_load_needs_msgspec_alone(room: str) -> None:
    # msgspec looks for typing_extensions and does without.
    assert loaded_by(f"import {room}") <= {"millpond", "msgspec", "typing_extensions"}


@pytest.mark.parametrize("room", ["millpond.serve", "millpond.serve.reader"])
def test_serving_loads_nothing_heavy(room: str) -> None:
    assert loaded_by(f"import {room}").isdisjoint(HEAVY)


def test_a_heavy_import_is_noticed() -> None:
    assert "ibis" in loaded_by("from millpond import _")
