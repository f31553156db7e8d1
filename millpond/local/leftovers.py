"""Ends what a stack left behind, and never a stranger."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Literal

from millpond.local.state import ProcessId, RunLock, StackState, read_state, state_path
from millpond.plan.errors import StackError

STOP_WITHIN_S = 60.0
POLL_S = 0.1

Outcome = Literal["nothing ran", "stopped", "cleaned up"]


def sweep(state: StackState) -> int:
    """Kill the parts of a stack whose supervisor is dead; tells how many were still there.

    Each is killed only if the process of that number started when the part did.
    """
    found = [part.process for part in state.parts if part.process is not None and part.process.runs()]
    for process in found:
        _signal_group(process, signal.SIGKILL)
    deadline = time.monotonic() + 10.0
    while any(process.runs() for process in found):
        if time.monotonic() > deadline:
            alive = [str(process.pid) for process in found if process.runs()]
            raise StackError(f"could not be killed: process {', '.join(alive)}", mend="end them by hand")
        time.sleep(POLL_S)
    return len(found)


def down(run_dir: Path) -> Outcome:
    """Stop the stack of a run folder, or clean up after one whose supervisor was killed.

    Raises:
        StackError: something could not be stopped.
    """
    if not run_dir.exists():
        return "nothing ran"
    lock = RunLock(run_dir)
    asked: ProcessId | None = None
    deadline = time.monotonic() + STOP_WITHIN_S
    while not lock.take():
        state = read_state(run_dir)
        supervisor = state.supervisor if state is not None and state.supervisor.runs() else None
        late = time.monotonic() > deadline
        # Right after it took the lock a supervisor has not described itself yet: then look again.
        if supervisor is not None and (asked != supervisor or late):
            asked = supervisor
            with suppress(ProcessLookupError):
                os.kill(supervisor.pid, signal.SIGKILL if late else signal.SIGTERM)
        if time.monotonic() > deadline + 10.0:
            raise StackError(
                "its supervisor does not end",
                where=str(run_dir),
                mend=f"end process {supervisor.pid if supervisor else '(see stack.json)'} by hand, then do this again",
            )
        time.sleep(POLL_S)
    try:
        left = read_state(run_dir)
        if left is None:
            return "stopped" if asked is not None else "nothing ran"
        sweep(left)
        state_path(run_dir).unlink(missing_ok=True)
        return "cleaned up"
    finally:
        lock.release()


def _signal_group(process: ProcessId, number: signal.Signals) -> None:
    # A part leads its own process group, so its group goes by its number.
    with suppress(ProcessLookupError):
        os.killpg(process.pid, number)
