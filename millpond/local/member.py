"""A part of a running stack, and what became of it."""

import shutil
import signal
import time
from collections.abc import Callable
from functools import partial

from millpond.local import probes, signals
from millpond.local.backoff import Backoff
from millpond.local.child import Child, Guard, last_cause, last_lines
from millpond.local.parts.part import Part
from millpond.local.progress import Phase
from millpond.local.state import PartState, ProcessId
from millpond.local.watch import UNKNOWN, Watch
from millpond.plan.clock import now_ms
from millpond.plan.errors import StackError

# A probe costs the part it asks as much as us, and parts compete for the processor while they start.
STARTING_PROBE_S = 0.25
READY_PROBE_S = 2.0

Tell = Callable[["Member", str], None]


class Member:
    """One part with its process.

    Args:
        part: what it is.
        guard: kills it should we die.
        tell: called after each change of phase, with a few words for people.

    Attributes:
        phase: where it is now.
        restarts: how often it was started again because it died.
        last_death: how it died last, and what its log named as the cause; empty before.
        served: it was ready at least once.
    """

    def __init__(self, part: Part, guard: Guard, tell: Tell) -> None:
        self.part = part
        self.phase: Phase = "starting"
        self.child: Child | None = None
        self.restarts = 0
        self.last_death = ""
        self.served = False
        self._guard = guard
        self._tell = tell
        self._prepared = not part.prepare
        self._began = 0.0
        self._log_from = 0
        self._watch: Watch | None = None
        self._told = ""
        self._backoff = Backoff()
        self._died_at: float | None = None
        self._died_ms: int | None = None
        self._again_at = 0.0

    # Starting

    def begin(self) -> None:
        """Start the process, or what prepares it, with the part's ports and what it has on disk."""
        part = self.part
        for folder in part.scratch:
            shutil.rmtree(folder, ignore_errors=True)
        part.folder.mkdir(parents=True, exist_ok=True)
        for path, text in part.files.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self._began = time.monotonic()
        self._log_from = part.log.stat().st_size if part.log.exists() else 0
        self._run(part.argv if self._prepared else part.prepare)
        self.change("starting", "" if self._prepared else "preparing")

    def _run(self, argv: tuple[str, ...]) -> None:
        part = self.part
        # A signal between the fork and the assignment would leave a process nobody knows.
        with signals.put_off():
            self.child = Child(argv, env=part.environment(), cwd=part.folder, log=part.log, guard=self._guard)
        self._watch = Watch(partial(probes.process, self.child.pid, part.probe), int(self.child.started * 1000))

    def advance(self, now: float) -> str | None:
        """Take the next step towards readiness; returns how it failed, if it did."""
        assert self.child is not None and self._watch is not None, "begun"
        code = self.child.exit_code()
        if not self._prepared and code == 0:
            self._prepared = True
            self._run(self.part.argv)
            self.change("starting")
            return None
        if code is not None:
            return _end(code)
        if not self._prepared:
            return None
        if self.part.probe is not None:
            self._watch.look(now, STARTING_PROBE_S)
            why_not = self._watch.why_not
            if why_not is not None:
                if now - self._began > self.part.ready_within_s:
                    self.child.kill()
                    return f"not ready after {self.part.ready_within_s:.0f} s: {why_not}"
                if why_not not in (UNKNOWN, self._told):
                    self._told = why_not
                    self._tell(self, why_not)
                return None
        self._ready(now)
        return None

    def _ready(self, now: float) -> None:
        assert self.child is not None, "begun"
        words = self.part.address or f"pid {self.child.pid}"
        if self._died_at is not None:
            words += f"; healthy again after {now - self._died_at:.1f} s (restart {self.restarts})"
            self._died_at = None
        self.served = True
        self._backoff.healthy(now)
        self.change("ready", words)

    # Watching

    def ended(self) -> str | None:
        """How it ended, if it did."""
        code = self.child.exit_code() if self.child is not None else None
        return None if code is None else _end(code)

    def look(self, now: float) -> None:
        """Ask whether it still serves."""
        assert self._watch is not None, "begun"
        self._watch.look(now, READY_PROBE_S)

    def is_serving(self) -> bool:
        """Whether it is ready, and its last answer was a good one."""
        return self.phase == "ready" and self._watch is not None and self._watch.why_not is None

    def excuse(self) -> None:
        """Its bad answers so far are another part's fault."""
        assert self._watch is not None, "begun"
        self._watch.excuse()

    def unresponsive(self, now: float, after_s: float) -> str | None:
        """Kill it if all its answers were bad for `after_s` seconds; returns what was wrong."""
        assert self.child is not None and self._watch is not None, "begun"
        if self._watch.failing_s(now) < after_s:
            return None
        # Left alive, what was frozen could come back beside its successor.
        self.child.kill()
        return f"did not answer for {after_s:.0f} s ({self._watch.why_not}) and was killed"

    # Dying and coming back

    def died(self, how: str, now: float) -> None:
        """It is to be started again, after a wait."""
        # Who sends SIGKILL leaves no trace there: the last error would be of something else.
        cause = "" if how == _end(-signal.SIGKILL) else last_cause(self.part.log, self._log_from)
        wait_s = self._backoff.died(now)
        self.last_death = f"{how} (last error in its log: {cause})" if cause else how
        self._died_ms = now_ms()
        # Of several deaths on the way the first counts: since then nobody was served.
        self._died_at = now if self._died_at is None else self._died_at
        self._again_at = now + wait_s
        self.change("died", f"{self.last_death}; restart {self.restarts + 1} in {wait_s:.0f} s")

    def come_back(self, now: float) -> None:
        """Start it again if its wait is over."""
        if now >= self._again_at:
            self.restarts += 1
            self.begin()

    def failure(self, how: str) -> StackError:
        """The error of a part that died where nobody starts it again."""
        log = self.part.log
        return StackError(
            f"{how}; the end of its log:\n{last_lines(log)}",
            where=f"{self.part.name} ({log})",
            mend="look into the log; `millpond up` starts everything anew",
        )

    # Ending

    def close(self) -> None:
        """Stop it in good order, whatever its phase."""
        # A part that "died" may have a successor already: a signal came before its phase was changed.
        if self.child is None or self.phase == "stopped" or (self.phase == "died" and self.ended() is not None):
            return
        # Half-started, a part has nothing to put in order, and Java hears no signal for seconds.
        grace_s = self.part.grace_s if self.phase == "ready" else 0.0
        self.change("stopping")
        self.child.stop(grace_s)
        self.change("stopped")

    # Telling

    def change(self, phase: Phase, words: str = "") -> None:
        """Enter a phase."""
        self.phase = phase
        self._told = ""
        self._tell(self, words)

    def state(self) -> PartState:
        """The part as it stands in stack.json."""
        runs = self.child is not None and self.phase not in ("stopped", "died")
        return PartState(
            name=self.part.name,
            phase=self.phase,
            address=self.part.address,
            ports=self.part.ports,
            log=self.part.log,
            process=ProcessId(pid=self.child.pid, started=self.child.started) if runs and self.child else None,
            restarts=self.restarts,
            last_death=self.last_death,
            last_death_ms=self._died_ms,
        )


def _end(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
