"""Keeps a stack running: in the foreground until a signal, or detached in a process of its own."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from millpond.local import setup, signals
from millpond.local.blueprint import Extra
from millpond.local.child import last_lines
from millpond.local.progress import Progress, Report, silent
from millpond.local.stack import Stack
from millpond.local.state import StackState, running_state
from millpond.local.workspace import Workspace
from millpond.plan.clock import now_ms
from millpond.plan.errors import MillpondError, StackError

WATCH_S = 0.2
UNRESPONSIVE_AFTER_S = 20.0
FOLLOW_S = 0.1
DETACHED = b"detached"


def run(
    run_dir: Path, *, extras: Sequence[Extra] = (), report: Report = silent, ready: Callable[[Stack], None]
) -> None:
    """Start a stack, call `ready`, and look after it until a signal comes: what dies or freezes is started again.

    Args:
        run_dir: the run folder.
        extras: further programs.
        report: told every change.
        ready: called once, when all is ready.

    Raises:
        StackError: it did not start; everything is stopped by then.
    """
    with Stack.start(
        run_dir=run_dir, progress=report, extras=extras, restart=True, unresponsive_after_s=UNRESPONSIVE_AFTER_S
    ) as stack:
        ready(stack)
        while True:
            stack.check()
            time.sleep(WATCH_S)


def log_of(run_dir: Path) -> Path:
    """Where a detached supervisor writes; not in logs/, which it sets aside at its start."""
    return run_dir / "supervisor.log"


def detach(run_dir: Path, *, extras: Sequence[Extra] = (), report: Report = silent) -> StackState:
    """Start a stack whose supervisor lives on after us; return when it is ready.

    Until then it depends on us: should we be interrupted or killed, it stops and leaves nothing.

    Args:
        run_dir: the run folder.
        extras: further programs.
        report: told every change.

    Raises:
        StackError: it did not start; the error holds what the supervisor said.
    """
    # Here rather than there: downloads are long, and only a terminal can show how they go.
    setup.ensure(Workspace.find(), report=report)
    run_dir.mkdir(parents=True, exist_ok=True)
    log = log_of(run_dir)
    command = [sys.executable, "-m", "millpond.local.supervise", str(run_dir), msgspec.json.encode(extras).decode()]
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        state = _follow(process, run_dir, log, report)
    except BaseException:
        # Without the word, the end of its input stops the supervisor; then nothing is left when we return.
        with signals.put_off():
            process.communicate()
        raise
    assert process.stdin is not None
    process.stdin.write(DETACHED)
    process.stdin.close()
    return state


def _follow(process: "subprocess.Popen[bytes]", run_dir: Path, log: Path, report: Report) -> StackState:
    """Pass on what the supervisor writes into stack.json, until all is ready."""
    told: dict[str, str] = {}
    while process.poll() is None:
        state = running_state(run_dir)
        if state is not None and state.supervisor.pid == process.pid:
            for part in state.parts:
                if told.get(part.name) != part.phase:
                    told[part.name] = part.phase
                    report(Progress(part=part.name, phase=part.phase, detail=part.address))
            if state.phase == "ready":
                return state
        time.sleep(FOLLOW_S)
    raise StackError(
        f"the stack did not start:\n{last_lines(log, 40)}",
        where=str(log),
        mend="remove what its last lines complain of, then `millpond up` again",
    )


def await_ready(run_dir: Path) -> StackState | None:
    """Wait for a stack that another process is starting; None when it ended instead."""
    while True:
        state = running_state(run_dir)
        if state is None or state.phase == "ready":
            return state
        time.sleep(FOLLOW_S)


def _stop_with_launcher() -> None:
    """Read the launcher's word; its absence means that it was interrupted or killed before we were ready."""
    if sys.stdin.buffer.read() != DETACHED:
        os.kill(os.getpid(), signal.SIGTERM)


def _log(progress: Progress) -> None:
    instant = datetime.fromtimestamp(now_ms() / 1000, UTC).isoformat(timespec="milliseconds")
    sys.stderr.write(f"{instant} {progress.part} {progress.phase} {progress.detail}\n")


def main() -> int:
    """`python -m millpond.local.supervise RUN_DIR EXTRAS`: what `detach` starts."""
    run_dir, extras = Path(sys.argv[1]), msgspec.json.decode(sys.argv[2], type=tuple[Extra, ...])
    threading.Thread(target=_stop_with_launcher, daemon=True).start()
    try:
        run(run_dir, extras=extras, report=_log, ready=lambda _stack: None)
    except MillpondError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
