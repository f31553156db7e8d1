"""Stacks of small programs instead of the real parts."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from millpond.local import setup
from millpond.local import stack as stack_module
from millpond.local.blueprint import Sizes
from millpond.local.parts.part import Part
from millpond.local.setup import Installation
from millpond.local.stack import Stack
from tests.unit.local.programs import two
from tests.unit.local.test_state import ADDRESSES

Describe = Callable[[Path, Path], tuple[Part, ...]]


@pytest.fixture
def starting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Stack]:
    """Starts a stack of the parts described, in this test's folder."""
    made = Installation(java=Path(), java_home=Path(), flink_home=Path(), registry=Path(), kafka=())
    monkeypatch.setattr(setup, "ensure", lambda _workspace, report: made)

    def start(describe: Describe = two, **options: object) -> Stack:
        def design(_made: Installation, *, run_dir: Path, logs: Path, sizes: Sizes) -> object:
            return replace(ADDRESSES, logs=logs), describe(run_dir, logs)

        monkeypatch.setattr(stack_module, "design", design)
        return Stack.start(run_dir=tmp_path, **options)  # type: ignore[arg-type]

    return start
