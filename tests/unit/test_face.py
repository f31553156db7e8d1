"""What `import millpond` gives, and what it does not load."""

import doctest
import subprocess
import sys

import pytest

import millpond
from millpond import define
from millpond.define import entity

LOADED = "import sys; before = set(sys.modules); {}; print(*sorted(set(sys.modules) - before))"
HEAVY = ("ibis", "duckdb", "pandas", "pyarrow", "numpy", "redis", "confluent_kafka", "fastavro", "yaml", "pyflink")


def loaded_by(statement: str) -> set[str]:
    """The modules a statement loads in a fresh interpreter."""
    done = subprocess.run([sys.executable, "-c", LOADED.format(statement)], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_millpond_alone_loads_nothing_heavy() -> None:
    found = loaded_by("import millpond")

    assert "millpond" in found
    assert not {name.split(".")[0] for name in found} & set(HEAVY)
    assert not [name for name in found if name.startswith("millpond.")]


def test_what_authors_import_is_there() -> None:
    from ibis import _

    for name in millpond.__all__:
        assert getattr(millpond, name) is not None
    assert millpond._ is _
    assert set(define.__all__) == set(millpond.__all__) - {"_"}
    assert set(millpond.__all__) <= set(dir(millpond))


def test_definitions_need_no_engine() -> None:
    found = {name.split(".")[0] for name in loaded_by("from millpond import *; import millpond.define.compiler")}

    assert not found & {"duckdb", "pyflink", "redis", "confluent_kafka"}


def test_an_unknown_name_is_an_attribute_error_as_python_says() -> None:
    with pytest.raises(AttributeError, match="'millpond' has no attribute 'Cuont'"):
        _ = millpond.Cuont


@pytest.mark.parametrize("module", [entity])
def test_examples_in_docstrings_run(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]
