"""A running stack: starts its parts, watches them, and leaves nothing behind."""

import shutil
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from millpond.local import setup, signals
from millpond.local.addresses import Addresses
from millpond.local.blueprint import DATA_FOLDERS, Extra, Sizes, design
from millpond.local.child import Child, Guard, last_lines
from millpond.local.leftovers import sweep
from millpond.local.parts.part import Part
from millpond.local.progress import Phase, Progress, Report, silent
from millpond.local.state import (
    PartState,
    ProcessId,
    RunLock,
    StackState,
    now_ms,
    read_state,
    state_path,
    write_state,
)
from millpond.local.workspace import Workspace
from millpond.plan.errors import StackError

POLL_S = 0.05
# A probe costs the part it asks as much as us, and parts compete for the processor while they start.
PROBE_S = 0.25


@dataclass(kw_only=True)
class _Member:
    """A part and what became of it."""

    part: Part
    phase: Phase = "starting"
    child: Child | None = None
    prepared: bool = False
    began: float = 0.0
    probed: float = 0.0
    why_not: str = ""


class Stack:
    """The local stack; use it as a context manager, from the main thread.

    Example:
        with Stack.start(run_dir=Path("run")) as stack:
            stack.addresses.kafka
    """

    def __init__(self, run_dir: Path, report: Report) -> None:
        self._run_dir = run_dir
        self._report = report
        self._cleanup = ExitStack()
        self._members: dict[str, _Member] = {}
        self._guard: Guard | None = None
        self._addresses: Addresses | None = None
        self._state_phase: Literal["starting", "ready", "stopping"] = "starting"
        self._since_ms = now_ms()

    @classmethod
    def start(
        cls,
        *,
        run_dir: Path,
        workspace: Workspace | None = None,
        progress: Report = silent,
        extras: Sequence[Extra] = (),
        sizes: Sizes | None = None,
    ) -> Self:
        """Start every part, with empty data, and return when all are ready.

        Args:
            run_dir: holds data, logs and stack.json; the data of an earlier run in it is removed,
                its logs are kept once, as logs.previous.
            workspace: where Java, Flink and the cache are; this checkout's by default.
            progress: told every change.
            extras: programs to start when the parts are ready.
            sizes: memory of the parts.
        Raises:
            StackError: another stack runs there, the set-up failed, or a part did not become ready.
        """
        stack = cls(run_dir.absolute(), progress)
        try:
            stack._start(workspace or Workspace.find(), extras, sizes or Sizes())
        except BaseException:
            stack.close()
            raise
        return stack

    def _start(self, workspace: Workspace, extras: Sequence[Extra], sizes: Sizes) -> None:
        self._cleanup.enter_context(signals.as_exit())
        lock = RunLock(self._run_dir)
        if not lock.take():
            raise StackError(
                "a stack already runs here",
                where=str(self._run_dir),
                mend="use it, stop it with `millpond down`, or give another --env",
            )
        self._cleanup.callback(lock.release)
        left = read_state(self._run_dir)
        if left is not None:
            sweep(left)
        self._save()
        self._cleanup.callback(state_path(self._run_dir).unlink, missing_ok=True)
        made = setup.ensure(workspace, report=self._report)
        logs = self._empty_folders()
        with signals.put_off():
            self._guard = Guard()
            self._cleanup.callback(self._guard.close)
        self._addresses, parts = design(made, run_dir=self._run_dir, logs=logs, sizes=sizes)
        self._bring_up(parts)
        self._bring_up([extra.part(logs) for extra in extras])
        self._state_phase = "ready"
        self._save()

    def _empty_folders(self) -> Path:
        for name in DATA_FOLDERS:
            shutil.rmtree(self._run_dir / name, ignore_errors=True)
        logs, previous = self._run_dir / "logs", self._run_dir / "logs.previous"
        if logs.exists():
            shutil.rmtree(previous, ignore_errors=True)
            logs.rename(previous)
        logs.mkdir()
        return logs

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def addresses(self) -> Addresses:
        """Where the parts are found."""
        assert self._addresses is not None, "known once started"
        return self._addresses

    # Starting

    def spawn(self, name: str, argv: Sequence[str], env: dict[str, str] | None = None) -> None:
        """Start a further program; it is watched, stopped and listed like the parts.

        Raises:
            StackError: a part of that name exists.
        """
        self._bring_up([Extra(name=name, argv=tuple(argv), env=env or {}).part(self.addresses.logs)])

    def _bring_up(self, parts: Sequence[Part]) -> None:
        """Start parts side by side; return when all are ready."""
        members = []
        for part in parts:
            if part.name in self._members:
                raise StackError("a part of this name exists", where=part.name, mend="give it another name")
            members.append(_Member(part=part))
            self._members[part.name] = members[-1]
        for member in members:
            self._begin(member)
        self._await(members)

    def _await(self, members: Sequence[_Member]) -> None:
        while any(member.phase != "ready" for member in members):
            for member in members:
                if member.phase != "ready":
                    self._advance(member)
            self.check()
            time.sleep(POLL_S)

    def _begin(self, member: _Member) -> None:
        part = member.part
        part.folder.mkdir(parents=True, exist_ok=True)
        for path, text in part.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        member.prepared = member.prepared or not part.prepare
        member.began = time.monotonic()
        self._run(member, part.argv if member.prepared else part.prepare)
        self._change(member, "starting", "" if member.prepared else "preparing")

    def _run(self, member: _Member, argv: tuple[str, ...]) -> None:
        part = member.part
        assert self._guard is not None, "the guard comes before the parts"
        # A signal between the fork and the assignment would leave a process nobody knows.
        with signals.put_off():
            member.child = Child(argv, env=part.environment(), cwd=part.folder, log=part.log, guard=self._guard)

    def _advance(self, member: _Member) -> None:
        part, child, now = member.part, member.child, time.monotonic()
        assert child is not None, "begun"
        if not member.prepared:
            if child.exit_code() == 0:
                member.prepared = True
                self._run(member, part.argv)
                self._change(member, "starting")
            return
        if part.probe is not None:
            if now - member.probed < PROBE_S:
                return
            member.probed = now
            why_not = part.probe(int(child.started * 1000))
            if why_not is not None:
                if now - member.began > part.ready_within_s:
                    raise self._failure(member, f"not ready after {part.ready_within_s:.0f} s: {why_not}")
                if why_not != member.why_not:
                    member.why_not = why_not
                    self._report(Progress(part=part.name, phase="starting", detail=why_not))
                return
        self._change(member, "ready", part.address or f"pid {child.pid}")

    # Watching

    def check(self) -> None:
        """Look at every part.

        Raises:
            StackError: a part ended that nobody stopped; the error holds the end of its log.
        """
        for member in self._members.values():
            code = member.child.exit_code() if member.child is not None and member.phase != "stopped" else None
            # A preparation that ended well is followed up by _advance.
            if code is not None and (member.prepared or code != 0):
                how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
                raise self._failure(member, how)

    def _failure(self, member: _Member, what: str) -> StackError:
        log = member.part.log
        return StackError(
            f"{what}; the end of its log:\n{last_lines(log)}",
            where=f"{member.part.name} ({log})",
            mend="look into the log; `millpond up` starts everything anew",
        )

    def names(self) -> tuple[str, ...]:
        """The parts, in the order of starting."""
        return tuple(self._members)

    def pid(self, name: str) -> int:
        """The process id of a part.

        Raises:
            StackError: there is no such part, or it does not run.
        """
        return self._child(name).pid

    # Faults on purpose, and their end

    def stop(self, name: str) -> None:
        """End a part in good order; `check` then no longer expects it."""
        child, member = self._child(name), self._members[name]
        child.stop(member.part.grace_s)
        self._change(member, "stopped")

    def kill(self, name: str) -> None:
        """SIGKILL a part and what it started; `check` then no longer expects it."""
        self._child(name).kill()
        self._change(self._members[name], "stopped")

    def restart(self, name: str) -> None:
        """Start a part again, with its ports and what it has on disk; return when it is ready."""
        member = self._member(name)
        if member.child is not None and member.child.exit_code() is None:
            self.stop(name)
        self._begin(member)
        self._await([member])

    def freeze(self, name: str) -> None:
        """SIGSTOP a part: alive, holding its connections, doing nothing."""
        self._child(name).send(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """SIGCONT a part."""
        self._child(name).send(signal.SIGCONT)

    def _member(self, name: str) -> _Member:
        if name not in self._members:
            raise StackError("no such part", where=name, mend=f"there are {', '.join(self._members)}")
        return self._members[name]

    def _child(self, name: str) -> Child:
        child = self._member(name).child
        if child is None or child.exit_code() is not None:
            raise StackError("it does not run", where=name, mend=f"start it: stack.restart({name!r})")
        return child

    # Ending

    def close(self) -> None:
        """Stop every part, last started first, and release everything; a second call does nothing.

        Stopping signals wait until it is done, so that an impatient Ctrl-C leaves nothing behind.
        """
        with signals.put_off():
            try:
                if self._members:
                    self._state_phase = "stopping"
                    for member in reversed(self._members.values()):
                        if member.child is not None and member.phase != "stopped":
                            # Half-started, a part has nothing to put in order, and Java hears no signal for seconds.
                            grace_s = member.part.grace_s if member.phase == "ready" else 0.0
                            self._change(member, "stopping")
                            member.child.stop(grace_s)
                            self._change(member, "stopped")
                    self._members.clear()
            finally:
                self._cleanup.close()

    # Telling

    def _change(self, member: _Member, phase: Phase, detail: str = "") -> None:
        member.phase = phase
        self._save()
        self._report(Progress(part=member.part.name, phase=phase, detail=detail))

    def state(self) -> StackState:
        """The stack as it stands in stack.json."""
        parts = tuple(
            PartState(
                name=member.part.name,
                phase=member.phase,
                address=member.part.address,
                ports=member.part.ports,
                log=member.part.log,
                process=ProcessId(pid=member.child.pid, started=member.child.started)
                if member.child is not None and member.phase != "stopped"
                else None,
            )
            for member in self._members.values()
        )
        return StackState(
            supervisor=ProcessId.own(),
            since_ms=self._since_ms,
            phase=self._state_phase,
            addresses=self._addresses,
            parts=parts,
        )

    def _save(self) -> None:
        write_state(self._run_dir, self.state())
