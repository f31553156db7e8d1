"""A short run of faults on a stack of its own: the same harness as `make faults`, seeded, and damage it must find."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from millpond.demo.lines import Lines
from tests.faults.kinds import KINDS
from tests.faults.run import Result, play
from tests.faults.stage import Stage
from tests.faults.theatre import Theatre, theatre

LINES: Final = 4_000
SECONDS: Final = 15.0


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    with theatre(tmp_path_factory.mktemp("theatre"), disk=False) as made:
        yield made


def played(here: Theatre, kind: str, folder: Path, *, damage: str | None = None) -> Result:
    ns = f"faults_{kind.replace('-', '_')}_{(damage or 'none').replace('-', '_')}"
    stage = Stage(here, ns, Lines.first(LINES), folder, cut=KINDS[kind].cut)
    return play(stage, kind, 1, seconds=SECONDS, damage=damage)


@pytest.mark.timeout(420)
@pytest.mark.parametrize("kind", ["taskmanager", "rebuild"])
def test_after_a_fault_everything_is_right_and_was_right_all_the_while(
    here: Theatre, kind: str, tmp_path: Path
) -> None:
    result = played(here, kind, tmp_path)
    assert result.faults == ()
    assert result.recovered_s is not None
    assert result.tiles > 10_000
    assert result.letters > 500
    assert result.usable > 10_000


@pytest.mark.timeout(420)
def test_a_stale_row_that_comes_last_is_found(here: Theatre, tmp_path: Path) -> None:
    result = played(here, "nothing", tmp_path, damage="stale-row")
    assert result.wrong == 1
    assert "topic household.lifetime" in result.faults[0]
