"""Every fault of the catalogue is one that can still be made."""

from pathlib import Path

import pytest

from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutant import Mutant

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_still_finds_its_place(mutant: Mutant) -> None:
    text = (ROOT / mutant.file).read_text()
    assert mutant.mutated(text) != text
    assert all((ROOT / test.partition("::")[0]).exists() for test in mutant.tests if not test.startswith("-"))
