"""The right pool is right; each wrong definition gives its own short error, from the command, without a traceback.

A wrong definition is a file whose docstring is the error, or a folder with an expected.txt, laid over the right pool's
schemas and sources.
"""

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from millpond.cli import pool
from millpond.plan.compiled import load_compiled
from tests.unit.define.sample import RIGHT, WRONG, project

DEFINITIONS = sorted(WRONG.glob("*.py"))
FOLDERS = sorted(path.parent for path in WRONG.glob("*/expected.txt"))
AROUND_DEFINITIONS = ("example", "feature_without_example", "view_without_examples", "examples_without_view")

app = typer.Typer(pretty_exceptions_enable=False)
app.command()(pool.check)
app.command()(pool.compile)


def check(root: Path, *options: str) -> tuple[int, str]:
    """The exit code of `millpond check`, and what it says."""
    done = CliRunner().invoke(app, ["check", "--root", str(root), *options])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, done.output


def without_count(said: str) -> str:
    """The errors without the last line, which counts them."""
    *errors, last = said.splitlines()
    assert last.split()[1].startswith("error")
    return "\n".join(errors)


def test_there_are_many_kinds_of_wrong_definitions() -> None:
    assert len(DEFINITIONS) + len(FOLDERS) >= 60


@pytest.mark.parametrize("file", DEFINITIONS, ids=lambda path: path.stem)
def test_a_wrong_definition_is_said_with_file_field_and_mend(file: Path, tmp_path: Path) -> None:
    text = file.read_text()
    root = project(tmp_path / "project", {f"features/shop/{file.name}": text})

    code, said = check(root)

    assert code == 2
    assert without_count(said) == text.split('"""')[1].rstrip("\n")
    assert said.startswith(f"features/shop/{file.name}")
    assert "\n  mend: " in said


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_what_is_wrong_across_files_is_said(folder: Path, tmp_path: Path) -> None:
    root = project(tmp_path / "project", {})
    shutil.copytree(folder, root, dirs_exist_ok=True)
    around = folder.name.startswith(AROUND_DEFINITIONS)
    if around:  # the definitions are right; compiled, so that nothing is stale
        assert CliRunner().invoke(app, ["compile", "--root", str(root)]).exit_code == 0

    code, said = check(root)

    assert code == (1 if around else 2)
    assert without_count(said) == (folder / "expected.txt").read_text().rstrip("\n")


def test_nothing_is_compiled_while_a_definition_is_wrong(tmp_path: Path) -> None:
    root = project(tmp_path / "project", {"features/shop/unknown_field.py": (WRONG / "unknown_field.py").read_text()})

    done = CliRunner().invoke(app, ["compile", "--root", str(root)])

    assert done.exit_code == 2
    assert not (root / "features" / "shop" / "compiled").exists()


def test_the_right_pool_is_right_and_its_committed_plans_are_current() -> None:
    code, said = check(RIGHT)

    assert code == 0, said
    assert "5 views, 61 features, 5 sets, 8 examples" in said


def test_errors_are_a_document_with_json(tmp_path: Path) -> None:
    root = project(tmp_path / "project", {"features/shop/unknown_field.py": (WRONG / "unknown_field.py").read_text()})

    code, said = check(root, "--json")

    assert code == 2
    assert json.loads(said) == {
        "ok": False,
        "errors": [
            {
                "where": "features/shop/unknown_field.py:16: unknown_field.features['spend']",
                "what": "there is no field 'amuont'",
                "mend": "did you mean 'amount'?",
            }
        ],
    }


def test_compile_says_what_changed_and_the_next_check_agrees(tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(RIGHT, root, ignore=shutil.ignore_patterns("__pycache__"))
    customer = root / "features" / "shop" / "customer.py"
    customer.write_text(customer.read_text().replace("0.05", "0.06"))
    store = root / "features" / "shop" / "customer_store.py"
    store.write_text(store.read_text().replace('owner="loyalty"', 'owner="stores"'))
    (root / "features" / "shop" / "article.py").unlink()
    (root / "features" / "shop" / "article.examples.yaml").unlink()
    sets = root / "features" / "shop" / "sets.py"
    sets.write_text(sets.read_text().replace("*article.all(), ", "").replace("import article\n", "import customer\n", 1)
                    .replace("features.shop.article", "features.shop.customer"))  # fmt: skip

    assert check(root)[0] == 1
    done = CliRunner().invoke(app, ["compile", "--root", str(root), "--json"])

    files = {Path(file["path"]): file["how"] for file in json.loads(done.output)["files"]}
    assert {path.name: how for path, how in files.items() if path.suffix == ".json"} == {
        "returns.set.json": "meaning changed",
        "article.view.json": "removed",
        "basket.set.json": "meaning changed",
        "customer.view.json": "meaning changed",
        "customer_store.view.json": "prose changed",
        "habits.view.json": "unchanged",
        "profile.view.json": "unchanged",
        "till.set.json": "meaning changed",
        "before.set.json": "meaning changed",
        "with_it.set.json": "meaning changed",
    }
    assert check(root)[0] == 0
    assert [view.name for view in load_compiled(root).views] == ["customer", "customer_store", "habits", "profile"]


def test_compile_counts_the_pages_it_writes_and_check_says_when_one_is_stale(tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(RIGHT, root, ignore=shutil.ignore_patterns("__pycache__"))
    pages = root / "docs" / "features" / "shop" / "article"
    (pages / "sold.md").unlink()
    (pages / "lines.md").write_text((pages / "lines.md").read_text() + "\n")
    (pages / "README.md").write_text((pages / "README.md").read_text() + "\n")

    code, said = check(root)

    assert code == 1
    assert said.startswith("docs/features: docs/features/shop/article/README.md, and 2 more: not what the definitions")
    assert CliRunner().invoke(app, ["compile", "--root", str(root)]).output.splitlines()[:2] == [
        "new              1 page in docs/features",
        "rewritten        2 pages in docs/features",
    ]
    assert check(root)[0] == 0


def test_a_damaged_plan_is_stale_and_is_written_anew(tmp_path: Path) -> None:
    root = tmp_path / "project"
    shutil.copytree(RIGHT, root, ignore=shutil.ignore_patterns("__pycache__"))
    damaged = root / "features" / "shop" / "compiled" / "article.view.json"
    damaged.write_text(damaged.read_text()[:100])

    code, said = check(root)

    assert code == 1
    assert said.startswith("features/shop/compiled/article.view.json: the plan is not what the definition says")
    assert "rewritten" in CliRunner().invoke(app, ["compile", "--root", str(root)]).output
    assert check(root)[0] == 0
