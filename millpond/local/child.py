"""One supervised process: started to die with us, told to stop, killed with all it started."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import psutil

from millpond.local import signals
from millpond.plan.errors import StackError

FOLDER = Path(__file__).parent


class Guard:
    """The helper process that outlives us by a moment to kill what we left; see guard.py."""

    def __init__(self) -> None:
        command = [sys.executable, "-I", "-S", str(FOLDER / "guard.py")]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True, text=True)

    def watch(self, pid: int) -> None:
        """Have this process group killed should we die."""
        self._tell(f"+{pid}")

    def forget(self, pid: int) -> None:
        """This process group is gone."""
        # A guard killed by somebody else has nothing to forget; while parts run, `watch` reports that.
        with suppress(BrokenPipeError):
            self._tell(f"-{pid}")

    def _tell(self, line: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()

    def close(self) -> None:
        """Let the guard go; whatever is still watched is killed."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()
        self._process.wait()


class Child:
    """A running process, leader of its own session.

    Attributes:
        started: its start in seconds since the epoch as the kernel has it; with the pid it names a process for good.
    """

    def __init__(self, argv: Sequence[str], *, env: Mapping[str, str], cwd: Path, log: Path, guard: Guard) -> None:
        """Start it, its output appended to `log`.

        Raises:
            StackError: not called from the main thread.
        """
        if not signals.in_main_thread():
            # Linux sends the death signal when the *thread* that started the process ends, not the process.
            mend = "call it from the main thread"
            raise StackError("parts are started from the main thread", where=argv[0], mend=mend)
        self.log = log
        self._guard = guard
        self._buried = False
        launcher = [sys.executable, "-I", "-S", str(FOLDER / "launch.py"), str(os.getpid())]
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*launcher, *argv],
                env=dict(env),
                cwd=cwd,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        guard.watch(self.pid)
        self.started = psutil.Process(self.pid).create_time()

    @property
    def pid(self) -> int:
        """Its process id, also its process group."""
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs; -n when signal n ended it."""
        code = self._process.poll()
        if code is not None:
            self._bury()
        return code

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it and all it started; nothing happens when it is gone."""
        if self.exit_code() is None:
            os.killpg(self.pid, number)

    def stop(self, grace_s: float) -> None:
        """SIGTERM, wait at most `grace_s` seconds, then SIGKILL for it and whatever it started."""
        self.send(signal.SIGTERM)
        self.send(signal.SIGCONT)  # a frozen process acts on SIGTERM only once it runs again
        deadline = time.monotonic() + grace_s
        while self.exit_code() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        self.kill()

    def kill(self) -> None:
        """SIGKILL for it and whatever it started, and wait until it is gone."""
        self.send(signal.SIGKILL)
        self._process.wait()
        self._bury()

    def _bury(self) -> None:
        # Once, at the first look after its death: much later the number may be another group's.
        if not self._buried:
            self._buried = True
            with suppress(ProcessLookupError, PermissionError):  # macOS says EPERM for a group of zombies
                os.killpg(self.pid, signal.SIGKILL)
            self._guard.forget(self.pid)


# What a Java stack trace says last is where, not what.
_CAUSE = re.compile(r"^Caused by: |\b(ERROR|FATAL)\b|^Exception in thread |^\w+(\.\w+)*(Error|Exception)\b")


# Of a log that grew over days only the end is read.
_END_BYTES = 1 << 20


def last_cause(log: Path, since: int) -> str:
    """The last line after the first `since` bytes of a log that names a cause; empty where none does."""
    causes = [line for line in _end_of(log, since) if _CAUSE.search(line)]
    return causes[-1].strip() if causes else ""


def last_lines(log: Path, count: int = 12) -> str:
    """The end of a log file for an error message, with the last line before it that names a cause."""
    if not log.exists():
        return "(no log)"
    lines = _end_of(log, 0)
    tail = lines[-count:]
    causes = [line for line in lines if _CAUSE.search(line)]
    if causes and causes[-1] not in tail:
        tail = [causes[-1], "…", *tail]
    return "\n".join(tail) or "(empty log)"


def _end_of(log: Path, since: int) -> list[str]:
    if not log.exists():
        return []
    with log.open("rb") as file:
        file.seek(max(since, log.stat().st_size - _END_BYTES))
        return [line.rstrip() for line in file.read().decode(errors="replace").splitlines()]
