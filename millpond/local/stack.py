"""A running stack: starts its parts, watches them, and leaves nothing behind."""

import shutil
import signal
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Literal, Self

from millpond.local import setup, signals
from millpond.local.addresses import Addresses
from millpond.local.blueprint import DATA_FOLDERS, Extra, Sizes, design
from millpond.local.child import Child, Guard
from millpond.local.leftovers import sweep
from millpond.local.member import Member
from millpond.local.parts.part import Part
from millpond.local.progress import Progress, Report, silent
from millpond.local.state import ProcessId, RunLock, StackState, read_state, state_path, write_state
from millpond.local.workspace import Workspace
from millpond.plan.clock import now_ms
from millpond.plan.errors import StackError

POLL_S = 0.05


class Stack:
    """The local stack; use it as a context manager, from the main thread.

    Example:
        with Stack.start(run_dir=Path("run")) as stack:
            stack.addresses.kafka
    """

    def __init__(self, run_dir: Path, report: Report, *, restart: bool, unresponsive_after_s: float | None) -> None:
        self._run_dir = run_dir
        self._report = report
        self._restart = restart
        self._unresponsive_after_s = unresponsive_after_s
        self._cleanup = ExitStack()
        self._members: dict[str, Member] = {}
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
        restart: bool = False,
        unresponsive_after_s: float | None = None,
    ) -> Self:
        """Start every part, with empty data, and return when all are ready.

        Args:
            run_dir: holds data, logs and stack.json; the data of an earlier run in it is removed,
                its logs are kept once, as logs.previous.
            workspace: where Java, Flink and the cache are; this checkout's by default.
            progress: told every change.
            extras: programs to start when the parts are ready.
            sizes: memory of the parts.
            restart: once all are ready, `check` starts a part that died again, with its ports and its data on disk.
            unresponsive_after_s: with `restart`, a part that lives but has not answered for so many seconds is killed
                and started again; None: never, a frozen part may thaw.
        Raises:
            StackError: another stack runs there, the set-up failed, or a part did not become ready.
        """
        stack = cls(run_dir.absolute(), progress, restart=restart, unresponsive_after_s=unresponsive_after_s)
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
                mend=f"use it, or stop it: `millpond down --env {self._run_dir.name}`",
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
        assert self._guard is not None, "the guard comes before the parts"
        members = []
        for part in parts:
            if part.name in self._members:
                raise StackError("a part of this name exists", where=part.name, mend="give it another name")
            members.append(Member(part, self._guard, self._told))
            self._members[part.name] = members[-1]
        for member in members:
            member.begin()
        self._await(members)

    def _await(self, members: Sequence[Member]) -> None:
        while True:
            self.check()
            if all(member.phase == "ready" for member in members):
                return
            time.sleep(POLL_S)

    # Watching

    def check(self) -> None:
        """Look at every part, and take its next step: waits for none of them.

        With `restart`, call it often, from the main thread: it is what starts the dead again.

        Raises:
            StackError: a part ended that nobody stopped, and is not started again: without `restart` or when it never
                was ready; the error holds the end of its log.
        """
        for member in self._members.values():
            now = time.monotonic()
            match member.phase:
                case "starting":
                    trouble = member.advance(now)
                case "ready":
                    trouble = member.ended() or self._unresponsive(member, now)
                case "died":
                    member.come_back(now)
                    continue
                case _:
                    continue
            if trouble is not None:
                if not (self._restart and member.served):
                    raise member.failure(trouble)
                member.died(trouble, now)

    def _unresponsive(self, member: Member, now: float) -> str | None:
        if not self._restart or self._unresponsive_after_s is None:
            return None
        member.look(now)
        other = self._members.get(member.part.relies_on)
        if other is not None and not other.is_serving():
            member.excuse()
        return member.unresponsive(now, self._unresponsive_after_s)

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
        member.change("stopped")

    def kill(self, name: str) -> None:
        """SIGKILL a part and what it started; `check` then no longer expects it."""
        self._child(name).kill()
        self._members[name].change("stopped")

    def crash(self, name: str) -> None:
        """SIGKILL a part behind the stack's back, as a crash would; with `restart`, `check` starts it again."""
        self._child(name).send(signal.SIGKILL)

    def restart(self, name: str) -> None:
        """Start a part again, with its ports and what it has on disk; return when it is ready."""
        member = self._member(name)
        if member.child is not None and member.child.exit_code() is None:
            self.stop(name)
        member.begin()
        self._await([member])

    def freeze(self, name: str) -> None:
        """SIGSTOP a part: alive, holding its connections, doing nothing."""
        self._child(name).send(signal.SIGSTOP)

    def thaw(self, name: str) -> None:
        """SIGCONT a part."""
        self._child(name).send(signal.SIGCONT)

    def _member(self, name: str) -> Member:
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
                        member.close()
                    self._members.clear()
            finally:
                self._cleanup.close()

    # Telling

    def _told(self, member: Member, words: str) -> None:
        self._save()
        self._report(Progress(part=member.part.name, phase=member.phase, detail=words))

    def state(self) -> StackState:
        """The stack as it stands in stack.json."""
        return StackState(
            supervisor=ProcessId.own(),
            since_ms=self._since_ms,
            phase=self._state_phase,
            addresses=self._addresses,
            parts=tuple(member.state() for member in self._members.values()),
        )

    def _save(self) -> None:
        write_state(self._run_dir, self.state())
