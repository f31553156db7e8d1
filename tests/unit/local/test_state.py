"""stack.json and the lock: who runs, for certain."""

import sys
from pathlib import Path

import psutil
import pytest

from millpond.local.addresses import Addresses
from millpond.local.state import (
    PartState,
    ProcessId,
    RunLock,
    StackState,
    read_state,
    running_state,
    state_path,
    write_state,
)
from millpond.plan.errors import StackError
from tests.unit.local.programs import SLEEPER, running, until

ADDRESSES = Addresses(
    kafka="127.0.0.1:1",
    registry="http://127.0.0.1:2",
    flink="http://127.0.0.1:3",
    store="redis://127.0.0.1:4",
    flink_home=Path("home"),
    flink_conf=Path("conf"),
    java_home=Path("java"),
    logs=Path("logs"),
)

HOLDER = """
import sys, time
from pathlib import Path
from millpond.local.state import RunLock
lock = RunLock(Path(sys.argv[1]))
print(lock.take(), flush=True)
time.sleep(600)
"""


def state(supervisor: ProcessId) -> StackState:
    part = PartState(name="p", phase="ready", address="", ports=(1, 2), log=Path("logs/p.log"), process=supervisor)
    return StackState(supervisor=supervisor, since_ms=1, phase="ready", addresses=ADDRESSES, parts=(part,))


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    written = state(ProcessId.own())
    write_state(tmp_path, written)
    assert read_state(tmp_path) == written
    assert running_state(tmp_path) == written


def test_without_a_file_there_is_no_state(tmp_path: Path) -> None:
    assert read_state(tmp_path) is None


def test_a_file_of_another_version_is_refused_with_its_path(tmp_path: Path) -> None:
    state_path(tmp_path).write_text('{"version": 7}')
    with pytest.raises(StackError, match=r"stack\.json"):
        read_state(tmp_path)


def test_a_stranger_with_the_same_number_is_not_the_process() -> None:
    own = ProcessId.own()
    assert own.runs()
    assert not ProcessId(pid=own.pid, started=own.started - 3600).runs()


def test_the_state_of_a_dead_supervisor_is_no_running_one(tmp_path: Path) -> None:
    own = ProcessId.own()
    write_state(tmp_path, state(ProcessId(pid=own.pid, started=own.started - 3600)))
    assert running_state(tmp_path) is None


def test_a_zombie_does_not_run() -> None:
    with running(SLEEPER) as process:
        found = ProcessId(pid=process.pid, started=psutil.Process(process.pid).create_time())
        assert found.runs()
        process.kill()
        until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE, "the zombie")
        assert not found.runs()
        process.wait()
        assert not found.runs()


def test_the_lock_is_one_holders_until_it_is_killed(tmp_path: Path) -> None:
    with running([sys.executable, "-c", HOLDER, str(tmp_path)]) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        lock = RunLock(tmp_path)
        assert not lock.take()
        holder.kill()
        holder.wait()
        assert lock.take()
        lock.release()


def test_a_released_lock_can_be_taken(tmp_path: Path) -> None:
    first, second = RunLock(tmp_path), RunLock(tmp_path)
    assert first.take()
    assert not second.take()
    first.release()
    assert second.take()
    second.release()
