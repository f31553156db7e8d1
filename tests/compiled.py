"""For `pytest -p tests.compiled`: what is tested must be the compiled wheel, with every module that is to be."""

from importlib import import_module

import pytest

from hatch_build import MODULES


def pytest_collection_finish() -> None:
    """Behind the tests' own imports."""
    files = [str(import_module(module.removesuffix(".py").replace("/", ".")).__file__) for module in MODULES]
    if plain := [file for file in files if not file.endswith((".so", ".pyd"))]:
        pytest.exit(f"not compiled: {' '.join(plain)}", returncode=pytest.ExitCode.USAGE_ERROR)
