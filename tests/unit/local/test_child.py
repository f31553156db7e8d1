"""A supervised process: it ends when told, and with whoever started it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from millpond.local import launch
from millpond.local.child import Child, Guard, last_lines
from millpond.plan.errors import StackError
from tests.unit.local.programs import DEAF, SLEEPER, running, says, until

# A supervisor to be killed: it starts one part that starts a program itself, and prints the process ids of both.
SUPERVISOR = """
import sys, time
from pathlib import Path
from millpond.local import launch
from millpond.local.child import Child, Guard
script = "import subprocess, sys, time; print(subprocess.Popen(['sleep', '600']).pid, flush=True); time.sleep(600)"
log = Path(sys.argv[1])
child = Child([sys.executable, "-c", script], env={"PATH": sys.argv[2]}, cwd=log.parent, log=log, guard=Guard())
print(child.pid, flush=True)
time.sleep(600)
"""


@pytest.fixture
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


def start(argv: tuple[str, ...], folder: Path, guard: Guard) -> Child:
    return Child(argv, env={}, cwd=folder, log=folder / "log", guard=guard)


def test_a_child_writes_to_its_log_and_ends_when_told(tmp_path: Path, guard: Guard) -> None:
    child = start(SLEEPER, tmp_path, guard)
    until(says(tmp_path / "log", "up"), "the program's first line")
    child.stop(grace_s=10.0)
    assert child.exit_code() == -signal.SIGTERM


def test_a_child_deaf_to_the_request_is_killed(tmp_path: Path, guard: Guard) -> None:
    child = start(DEAF, tmp_path, guard)
    until(says(tmp_path / "log", "deaf"), "the program's first line")
    child.stop(grace_s=0.1)
    assert child.exit_code() == -signal.SIGKILL


def test_a_frozen_child_ends_when_told(tmp_path: Path, guard: Guard) -> None:
    child = start(SLEEPER, tmp_path, guard)
    until(says(tmp_path / "log", "up"), "the program's first line")
    child.send(signal.SIGSTOP)
    until(lambda: psutil.Process(child.pid).status() == psutil.STATUS_STOPPED, "the freeze")
    child.stop(grace_s=10.0)
    assert child.exit_code() == -signal.SIGTERM


def test_a_child_gone_already_is_stopped_without_complaint(tmp_path: Path, guard: Guard) -> None:
    child = start((sys.executable, "-I", "-S", "-c", "raise SystemExit(3)"), tmp_path, guard)
    until(lambda: child.exit_code() is not None, "its end")
    child.stop(grace_s=0.1)
    assert child.exit_code() == 3


def test_a_child_is_started_from_the_main_thread_only(tmp_path: Path, guard: Guard) -> None:
    errors: list[StackError] = []

    def elsewhere() -> None:
        try:
            start(SLEEPER, tmp_path, guard)
        except StackError as error:
            errors.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert "main thread" in str(errors[0])


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    log = tmp_path / "log"
    command = [sys.executable, "-c", SUPERVISOR, str(log), os.environ["PATH"]]
    with running(command) as supervisor:
        assert supervisor.stdout is not None
        child = psutil.Process(int(supervisor.stdout.readline()))
        until(lambda: log.exists() and log.read_text().endswith("\n"), "the part's own program")
        grandchild = psutil.Process(int(log.read_text()))
        supervisor.kill()
    until(lambda: not _alive(child), "the part's end")
    until(lambda: not _alive(grandchild), "the end of what the part started")


# Another one, without a guard: here the kernel alone ends the part.
LAUNCHER = """
import os, subprocess, sys, time
part = subprocess.Popen([sys.executable, "-I", "-S", sys.argv[1], str(os.getpid()), *sys.argv[2:]])
print(part.pid, flush=True)
time.sleep(600)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the guard alone does it")
def test_on_linux_the_kernel_ends_a_part_with_its_supervisor() -> None:
    with running([sys.executable, "-c", LAUNCHER, launch.__file__, *SLEEPER]) as supervisor:
        output = supervisor.stdout
        assert output is not None
        child = psutil.Process(int(output.readline()))
        assert output.readline() == "up\n"
        supervisor.kill()
        until(lambda: not _alive(child), "the part's end")


def test_a_part_whose_supervisor_is_gone_already_does_not_start() -> None:
    nobody = 2**22 - 1
    ran = subprocess.run(
        [sys.executable, "-I", "-S", launch.__file__, str(nobody), *SLEEPER], check=False, timeout=20.0
    )
    assert ran.returncode == 1


def _alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_the_guard_spares_what_it_was_told_to_forget() -> None:
    guard = Guard()
    with running(SLEEPER) as spared:
        guard.watch(spared.pid)
        guard.forget(spared.pid)
        guard.close()
        assert spared.poll() is None


def test_the_end_of_a_log_comes_with_its_cause(tmp_path: Path) -> None:
    log = tmp_path / "log"
    trace = [f"\tat frame {number}" for number in range(30)]
    log.write_text("\n".join(["fine", "Caused by: java.net.BindException: Address already in use", *trace]))
    shown = last_lines(log, 5).splitlines()
    assert shown == ["Caused by: java.net.BindException: Address already in use", "…", *trace[-5:]]


def test_a_missing_log_is_said_to_be_missing(tmp_path: Path) -> None:
    assert last_lines(tmp_path / "none") == "(no log)"
