"""The checkpoint a lost job can go on from."""

import os
from pathlib import Path

import msgspec
import pytest

from millpond.control.recovery import last_checkpoint
from millpond.plan.errors import DeployError
from millpond.plan.model import OUTAGE
from tests.unit.sql.jobs import job, view

LOST = msgspec.structs.replace(job(view("one")), flink_job_id="ab12")
NOW = 1_700_000_000_000


def checkpoint(folder: Path, number: int, *, age_ms: int, complete: bool = True) -> Path:
    place = folder / "ab12" / f"chk-{number}"
    place.mkdir(parents=True)
    if complete:
        (place / "_metadata").touch()
        os.utime(place / "_metadata", ((NOW - age_ms) / 1000,) * 2)
    return place


def test_it_is_the_newest_that_is_complete(tmp_path: Path) -> None:
    checkpoint(tmp_path, 9, age_ms=2)
    newest = checkpoint(tmp_path, 10, age_ms=1)
    checkpoint(tmp_path, 11, age_ms=0, complete=False)
    assert last_checkpoint(LOST, tmp_path.as_uri(), now_ms=NOW) == newest.as_uri()


def test_one_older_than_the_state_in_it_may_be_is_refused_and_the_rebuild_named(tmp_path: Path) -> None:
    checkpoint(tmp_path, 10, age_ms=OUTAGE + 1_000)
    with pytest.raises(DeployError, match=r"24 hours old[\s\S]*`millpond deploy --rebuild shop\.one\.v3`"):
        last_checkpoint(LOST, tmp_path.as_uri(), now_ms=NOW)


@pytest.mark.parametrize("root", ["", "s3://bucket/checkpoints"])
def test_where_none_can_be_found_the_rebuild_is_named(root: str, tmp_path: Path) -> None:
    with pytest.raises(DeployError, match=r"cannot be looked into[\s\S]*--rebuild shop\.one\.v3"):
        last_checkpoint(LOST, root, now_ms=NOW)
    with pytest.raises(DeployError, match=r"there is no checkpoint of it[\s\S]*--rebuild shop\.one\.v3"):
        last_checkpoint(LOST, tmp_path.as_uri(), now_ms=NOW)


def test_one_lost_again_before_it_had_a_checkpoint_goes_on_from_where_it_went_on_before(
    tmp_path: Path,
) -> None:
    before = checkpoint(tmp_path, 10, age_ms=1)
    again = msgspec.structs.replace(LOST, flink_job_id="cd34", resumed_from=before.as_uri())
    assert last_checkpoint(again, tmp_path.as_uri(), now_ms=NOW) == before.as_uri()
    (before / "_metadata").unlink()
    with pytest.raises(DeployError, match="there is no checkpoint of it"):
        last_checkpoint(again, tmp_path.as_uri(), now_ms=NOW)
