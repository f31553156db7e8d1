"""What a stack leaves on disk about itself: a lock that lives as long as its supervisor, and stack.json."""

import fcntl
import os
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

import msgspec
import psutil

from millpond.local.addresses import Addresses
from millpond.local.progress import Phase
from millpond.plan.errors import StackError

# A start time is boot time plus clock ticks; boot time moves when the machine's clock is set.
SAME_START_S = 2.0


@dataclass(frozen=True, kw_only=True)
class ProcessId:
    """A process for good: its number, which the system reuses, and its start in seconds since the epoch."""

    pid: int
    started: float

    @classmethod
    def own(cls) -> "ProcessId":
        """This process."""
        return cls(pid=os.getpid(), started=psutil.Process().create_time())

    def runs(self) -> bool:
        """Whether this very process is still there; a zombie is not, nor a stranger with the same number."""
        try:
            process = psutil.Process(self.pid)
            return abs(process.create_time() - self.started) < SAME_START_S and process.status() != psutil.STATUS_ZOMBIE
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True, kw_only=True)
class PartState:
    """One part, as it was when it last changed.

    Attributes:
        process: None before it starts, after it was stopped, and between its death and the next start.
        restarts: how often it was started again because it died.
        last_death: how it died last, and what its log named as the cause; empty before.
        last_death_ms: when that was noticed, in milliseconds since the epoch.
    """

    name: str
    phase: Phase
    address: str
    ports: tuple[int, ...]
    log: Path
    process: ProcessId | None
    restarts: int = 0
    last_death: str = ""
    last_death_ms: int | None = None


@dataclass(frozen=True, kw_only=True)
class StackState:
    """A stack, as it was when it last changed.

    Attributes:
        supervisor: the process that started the parts and stops them.
        since_ms: when it began to start, in milliseconds since the epoch.
        phase: of the whole stack.
        addresses: None until the ports are chosen.
        parts: in the order of starting.
    """

    supervisor: ProcessId
    since_ms: int
    phase: Literal["starting", "ready", "stopping"]
    addresses: Addresses | None = None
    parts: tuple[PartState, ...] = ()


def state_path(run_dir: Path) -> Path:
    """Where a stack describes itself."""
    return run_dir / "stack.json"


def write_state(run_dir: Path, state: StackState) -> None:
    """Put the description on disk, whole or not at all."""
    path = state_path(run_dir)
    draft = path.with_suffix(".json.draft")
    draft.write_bytes(msgspec.json.format(msgspec.json.encode(state, enc_hook=str), indent=1))
    draft.replace(path)


def read_state(run_dir: Path) -> StackState | None:
    """The description on disk, of a stack that runs or of one whose supervisor was killed; None without one.

    Raises:
        StackError: the file is not one of this version's.
    """
    try:
        text = state_path(run_dir).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return msgspec.json.decode(text, type=StackState, dec_hook=lambda _type, text: Path(text))
    except msgspec.DecodeError as error:
        raise StackError(
            f"not a description of a stack: {error}",
            where=str(state_path(run_dir)),
            mend="stop the stack with the version of Millpond that started it, or delete the file",
        ) from error


def running_state(run_dir: Path) -> StackState | None:
    """The description of a stack whose supervisor runs, else None."""
    state = read_state(run_dir)
    return state if state is not None and state.supervisor.runs() else None


class RunLock:
    """Held by the supervisor of a run folder for as long as it lives; the kernel frees it, even after kill -9."""

    def __init__(self, run_dir: Path) -> None:
        self._path = run_dir / "lock"
        self._file: IO[str] | None = None

    def take(self) -> bool:
        """Take it if nobody holds it; tells whether it is ours now."""
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open("a")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            return False
        self._file = file
        return True

    def release(self) -> None:
        """Free it; nothing happens when it is not ours."""
        if self._file is not None:
            self._file.close()
            self._file = None
