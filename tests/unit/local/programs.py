"""Waiting, and programs to be waited for."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from millpond.local.parts.part import Part

PATIENCE_S = 20.0

SLEEPER = (sys.executable, "-I", "-S", "-c", "import time; print('up', flush=True); time.sleep(600)")
# Deaf to SIGTERM from the moment it says so.
DEAF = (
    sys.executable,
    "-I",
    "-S",
    "-c",
    "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)",
)


@contextmanager
def running(argv: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """A program that is killed at the end, whatever the test found."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
        try:
            yield process
        finally:
            process.kill()


def until(condition: Callable[[], bool], what: str) -> None:
    """Wait for a condition that must come.

    Raises:
        AssertionError: it did not.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"did not come: {what}"
        time.sleep(0.01)


def says(log: Path, word: str) -> Callable[[], bool]:
    """Whether a program has written a word."""
    return lambda: log.exists() and word in log.read_text()


def program(text: str) -> tuple[str, ...]:
    """The command of a Python program."""
    return (sys.executable, "-I", "-S", "-c", text)


def part(name: str, folder: Path, logs: Path, argv: tuple[str, ...] = SLEEPER, **changed: object) -> Part:
    """A part that is ready when it has written "up"."""
    log = logs / f"{name}.log"
    probe = changed.pop("probe", lambda _since_ms: None if says(log, "up")() else "silent")
    return Part(name=name, argv=argv, folder=folder / name, log=log, probe=probe, **changed)  # type: ignore[arg-type]


def two(folder: Path, logs: Path) -> tuple[Part, ...]:
    """Two parts of that kind."""
    return part("first", folder, logs), part("second", folder, logs)
