"""Committed plans: read without any Python of a contributor, refused where they are not what they say."""

import shutil
from pathlib import Path

import msgspec
import pytest

from millpond.plan.compiled import files_of, load_compiled, path_of, text_of
from millpond.plan.errors import PlanError
from millpond.plan.hashes import hashed_view
from millpond.plan.model import ViewPlan, decode
from tests.unit.define.sample import RIGHT


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project that has compiled plans and nothing else."""
    for path in RIGHT.glob("features/*/compiled"):
        shutil.copytree(path, tmp_path / path.relative_to(RIGHT))
    return tmp_path


def test_plans_are_read_without_their_definitions(root: Path) -> None:
    pool = load_compiled(root)

    assert [view.full_name for view in pool.views] == [
        "shop.article",
        "shop.customer",
        "shop.customer_store",
        "shop.habits",
        "shop.profile",
    ]
    assert [plan.full_name for plan in pool.sets] == [
        "risk.before",
        "risk.returns",
        "risk.till",
        "risk.with_it",
        "shop.basket",
    ]
    assert {root / path: text for path, text in files_of(pool).items()} == {
        path: path.read_text() for path in root.rglob("*.json")
    }


def test_a_plans_text_is_the_plan_and_short_lines(root: Path) -> None:
    view = load_compiled(root).view("shop.customer")
    text = text_of(view)

    assert decode(text, ViewPlan, where="x") == view
    assert max(len(line) for line in text.splitlines() if '"schema"' not in line) <= 140
    assert '      ["amount", "decimal(10,2)"],\n' in text


def test_no_plans_at_all_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="no compiled plans"):
        load_compiled(tmp_path)


def refused(root: Path, path: str, text: str) -> str:
    """What is said of a file with such a text."""
    (root / "features/shop/compiled" / path).write_text(text)
    with pytest.raises(PlanError) as error:
        load_compiled(root)
    assert "millpond compile" in str(error.value.mend)
    return str(error.value)


def test_a_plan_edited_by_hand_is_refused(root: Path) -> None:
    file = root / "features/shop/compiled/article.view.json"

    said = refused(root, file.name, file.read_text().replace('"lateness_ms": 43200000', '"lateness_ms": 43200001'))

    assert said.startswith("features/shop/compiled/article.view.json: its content does not fit its hashes")


def test_a_plan_under_another_name_is_refused(root: Path) -> None:
    text = (root / "features/shop/compiled/article.view.json").read_text()

    assert "it holds shop.article" in refused(root, "articles.view.json", text)


def test_a_file_of_another_name_is_refused(root: Path) -> None:
    assert "not the name of a compiled plan" in refused(root, "article.json", "{}")


def test_a_damaged_plan_is_refused(root: Path) -> None:
    assert "not a compiled document" in refused(root, "article.view.json", '{"domain": "shop"')


def test_a_set_of_a_view_that_has_changed_since_is_refused(root: Path) -> None:
    view = load_compiled(root).view("shop.article")
    changed = hashed_view(msgspec.structs.replace(view, version=2))

    assert "basket.set.json: it binds shop.article as it no longer is" in refused(
        root, path_of(changed).name, text_of(changed)
    )
