"""Files in, authored objects and every error out."""

import sys
from pathlib import Path

import pytest

from millpond.define.compiler import compile_pool
from millpond.define.loader import InvalidPool, load_pool
from tests.unit.define.sample import RIGHT, project, view_file


def test_definitions_are_found_with_their_domains() -> None:
    pool = load_pool(RIGHT)

    assert pool.errors == ()
    names = ["article", "customer", "customer_store", "habits", "profile"]
    assert list(pool.views) == [("shop", name) for name in names]
    assert list(pool.sets) == [
        ("risk", "before"), ("risk", "returns"), ("risk", "till"), ("risk", "with_it"), ("shop", "basket"),
    ]  # fmt: skip
    assert [source.name for source in pool.sources] == ["sales", "replayed_sales"]
    assert [entity.name for entity in pool.entities] == ["customer", "customer_store", "article"]


def test_a_set_that_is_assigned_to_no_name_is_found(tmp_path: Path) -> None:
    root = project(
        tmp_path / "p",
        {
            "features/shop/visitor.py": view_file("visitor", '{"n": Count()}'),
            "features/shop/sets.py": (
                "from millpond import FeatureSet\nfrom features.shop.visitor import view\n"
                'for name in ("a", "b"):\n    FeatureSet(name, version=1, owner="x", features=[*view.all()])\n'
            ),
        },
    )

    assert list(load_pool(root).sets) == [("shop", "a"), ("shop", "b")]


def test_a_domain_may_import_relatively(tmp_path: Path) -> None:
    text = view_file("visitor", '{"n": Count()}').replace("from features.shop import sources", "from . import sources")

    assert load_pool(project(tmp_path / "p", {"features/shop/visitor.py": text})).errors == ()


def test_loading_leaves_no_trace_and_reads_anew(tmp_path: Path) -> None:
    """Two pools, and two states of one file within a second, are not taken for each other."""
    root = project(tmp_path / "p", {"features/shop/visitor.py": view_file("visitor", '{"n": Count()}')})
    path = list(sys.path)

    first = load_pool(root).views[("shop", "visitor")]
    load_pool(RIGHT)
    (root / "features/shop/visitor.py").write_text(view_file("visitor", '{"m": Count()}'))
    second = load_pool(root).views[("shop", "visitor")]

    assert (first.feature_names, second.feature_names) == (("n_1h",), ("m_1h",))
    assert not [name for name in sys.modules if name.split(".")[0] == "features"]
    assert sys.path == path
    assert not list(root.rglob("__pycache__"))


def test_a_features_package_from_elsewhere_is_given_back(monkeypatch: pytest.MonkeyPatch) -> None:
    other = type(sys)("features")
    monkeypatch.setitem(sys.modules, "features", other)

    assert load_pool(RIGHT).errors == ()
    assert sys.modules["features"] is other


def test_a_file_that_exits_is_an_error_like_another(tmp_path: Path) -> None:
    pool = load_pool(project(tmp_path / "p", {"features/shop/visitor.py": "import sys\n\nsys.exit('bye')\n"}))

    (error,) = pool.errors
    assert error.where == "features/shop/visitor.py:3"


def test_the_place_is_the_contributors_line_even_behind_a_helper(tmp_path: Path) -> None:
    helper = "from millpond import Sum, _\n\ndef total(field):\n    return Sum(_[field])\n"
    text = "from features.shop.helper import total\n" + view_file("visitor", '{\n        "n": total("nothing"),\n    }')
    root = project(tmp_path / "p", {"features/shop/helper.py": helper, "features/shop/visitor.py": text})

    with pytest.raises(InvalidPool) as invalid:
        compile_pool(root)

    assert [error.where for error in invalid.value.errors] == ["features/shop/visitor.py:9: visitor.features['n']"]


def test_an_empty_project_says_where_definitions_go(tmp_path: Path) -> None:
    (error,) = load_pool(tmp_path).errors

    assert error.mend == "add features/<domain>/<view>.py"


def test_an_error_that_breaks_several_files_is_said_once(tmp_path: Path) -> None:
    users = {f"features/shop/user{i}.py": "from features.shop.broken import x\n" for i in range(3)}
    pool = load_pool(project(tmp_path / "p", {"features/shop/broken.py": "x = 1 / 0\n", **users}))

    assert [error.where for error in pool.errors] == ["features/shop/broken.py:1"]


def test_what_would_not_be_read_is_not_passed_over(tmp_path: Path) -> None:
    root = project(tmp_path / "p", {"features/__init__.py": "from millpond import Entity\n"})

    assert [error.where for error in load_pool(root).errors] == ["features/__init__.py"]
