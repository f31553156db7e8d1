"""Stopping and cleaning up: ours, and only ours."""

import time
from pathlib import Path

import psutil

from millpond.local.leftovers import down, sweep
from millpond.local.state import PartState, ProcessId, StackState, read_state, write_state
from tests.unit.local.programs import SLEEPER, running

NOBODY = ProcessId(pid=2**22 - 1, started=1.0)


def left_behind(process: ProcessId) -> StackState:
    part = PartState(name="p", phase="ready", address="", ports=(), log=Path("p.log"), process=process)
    return StackState(supervisor=NOBODY, since_ms=1, phase="ready", parts=(part,))


def test_where_nothing_ran_nothing_is_stopped(tmp_path: Path) -> None:
    assert down(tmp_path / "never") == "nothing ran"
    assert down(tmp_path) == "nothing ran"


def test_what_a_killed_supervisor_left_is_killed(tmp_path: Path) -> None:
    with running(SLEEPER) as part:
        process = ProcessId(pid=part.pid, started=psutil.Process(part.pid).create_time())
        write_state(tmp_path, left_behind(process))
        assert down(tmp_path) == "cleaned up"
        assert part.wait(timeout=5.0) == -9
    assert read_state(tmp_path) is None
    assert down(tmp_path) == "nothing ran"


def test_a_stranger_with_a_parts_number_is_spared() -> None:
    with running(SLEEPER) as stranger:
        started = psutil.Process(stranger.pid).create_time()
        assert sweep(left_behind(ProcessId(pid=stranger.pid, started=started - 60.0))) == 0
        time.sleep(0.1)
        assert stranger.poll() is None
