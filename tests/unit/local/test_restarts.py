"""A stack that starts again what dies or freezes, on small programs instead of the real parts."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from millpond.local.blueprint import Extra
from millpond.local.child import Guard
from millpond.local.parts.part import Part
from millpond.local.progress import Progress
from millpond.local.stack import Stack
from millpond.local.state import PartState, read_state
from millpond.plan.errors import StackError
from tests.unit.local.programs import SLEEPER, part, program, until

Start = Callable[..., Stack]


def found(stack: Stack, name: str) -> PartState:
    stack.check()
    return next(part for part in stack.state().parts if part.name == name)


def restarted(stack: Stack, name: str, times: int = 1) -> None:
    until(lambda: (now := found(stack, name)).restarts == times and now.phase == "ready", f"{name} is back")


def test_a_part_that_died_is_started_again_and_that_is_said(starting: Start, tmp_path: Path) -> None:
    said: list[Progress] = []
    with starting(restart=True, progress=said.append) as stack:
        other, before = stack.pid("second"), stack.pid("first")
        said.clear()
        os.kill(before, signal.SIGKILL)
        until(lambda: found(stack, "first").phase == "died", "its death")
        described = read_state(tmp_path)
        assert described is not None
        assert (described.parts[0].process, described.parts[0].last_death) == (None, "was killed by SIGKILL")
        restarted(stack, "first")
        assert stack.pid("first") != before
        assert stack.pid("second") == other
    told = [(each.part, each.phase) for each in said if each.detail != "silent"]
    assert told[:3] == [("first", "died"), ("first", "starting"), ("first", "ready")]
    assert said[0].detail == "was killed by SIGKILL; restart 1 in 1 s"
    assert "; healthy again after " in next(each.detail for each in said if each.phase == "ready")


def test_how_a_part_ended_is_told_with_the_last_error_of_that_run(starting: Start) -> None:
    text = """
import os, pathlib, time
mark = pathlib.Path('ran')
print('up', flush=True)
if mark.exists():
    time.sleep(600)
mark.touch()
print('ERROR the disk is full', flush=True)
print('goodbye', flush=True)
time.sleep(0.5)
raise SystemExit(3)
"""
    with starting(lambda folder, logs: (part("p", folder, logs, program(text)),), restart=True) as stack:
        restarted(stack, "p")
        assert found(stack, "p").last_death == "ended with exit code 3 (last error in its log: ERROR the disk is full)"
        os.kill(stack.pid("p"), signal.SIGKILL)
        until(lambda: found(stack, "p").phase == "died", "its second death")
        assert found(stack, "p").last_death == "was killed by SIGKILL"


def test_a_part_keeps_its_folder_and_loses_its_scratch(starting: Start) -> None:
    def kept(folder: Path, logs: Path) -> tuple[Part, ...]:
        return (part("p", folder, logs, scratch=(folder / "p" / "tmp",)),)

    with starting(kept, restart=True) as stack:
        folder = stack.state().parts[0].log.parent.parent / "p"
        (folder / "data").write_text("kept")
        (folder / "tmp").mkdir()
        os.kill(stack.pid("p"), signal.SIGKILL)
        restarted(stack, "p")
        assert [each.name for each in folder.iterdir()] == ["data"]


def test_the_others_are_watched_while_one_waits_for_its_start(starting: Start) -> None:
    with starting(restart=True) as stack:
        os.kill(stack.pid("first"), signal.SIGKILL)
        until(lambda: found(stack, "first").phase == "died", "the first death")
        began = time.monotonic()
        os.kill(stack.pid("second"), signal.SIGKILL)
        until(lambda: found(stack, "second").phase == "died", "the second death")
        stack.check()
        assert time.monotonic() - began < 20.0
        restarted(stack, "first")
        restarted(stack, "second")


def test_extras_come_back_too(starting: Start) -> None:
    with starting(restart=True, extras=[Extra(name="more", argv=SLEEPER)]) as stack:
        os.kill(stack.pid("more"), signal.SIGKILL)
        restarted(stack, "more")


def test_a_part_that_never_served_is_an_error_for_its_description_is_wrong(starting: Start) -> None:
    with pytest.raises(StackError, match="ended with exit code 1"):
        starting(lambda folder, logs: (part("p", folder, logs, program("raise SystemExit('no')")),), restart=True)


def test_a_part_stopped_on_purpose_stays_stopped(starting: Start) -> None:
    with starting(restart=True) as stack:
        stack.kill("first")
        stack.check()
        assert (found(stack, "first").phase, found(stack, "first").restarts) == ("stopped", 0)


def test_a_part_that_is_not_ready_in_time_after_a_restart_is_killed_and_started_again(starting: Start) -> None:
    def slow_once(folder: Path, logs: Path) -> tuple[Part, ...]:
        starts: list[int] = []

        def probe(since_ms: int) -> str | None:
            if since_ms not in starts:
                starts.append(since_ms)
            return "thinking" if len(starts) == 2 else None

        return (part("p", folder, logs, probe=probe, ready_within_s=0.5),)

    with starting(slow_once, restart=True) as stack:
        os.kill(stack.pid("p"), signal.SIGKILL)
        restarted(stack, "p", times=2)
        assert found(stack, "p").last_death == "not ready after 0 s: thinking"


# Frozen


def relying(folder: Path, logs: Path) -> tuple[Part, ...]:
    """Two parts that do not answer while a file of their name says so; the second relies on the first."""

    def probe_of(name: str) -> Callable[[int], str | None]:
        return lambda _since_ms: f"{name} is mute" if mute(folder, name).exists() else None

    first = part("first", folder, logs, probe=probe_of("first"))
    return first, part("second", folder, logs, probe=probe_of("second"), relies_on="first")


def mute(folder: Path, name: str) -> Path:
    return folder / f"{name} is mute"


def test_a_part_that_does_not_answer_is_killed_and_started_again(starting: Start, tmp_path: Path) -> None:
    with starting(relying, restart=True, unresponsive_after_s=0.5) as stack:
        before = psutil.Process(stack.pid("second"))
        mute(tmp_path, "second").touch()
        until(lambda: found(stack, "second").phase == "died", "its death")
        assert not before.is_running()
        assert found(stack, "second").last_death.startswith("did not answer for 0 s (second is mute) and was killed")
        mute(tmp_path, "second").unlink()
        restarted(stack, "second")


def test_a_frozen_program_without_a_probe_is_killed_and_started_again(starting: Start) -> None:
    with starting(restart=True, unresponsive_after_s=0.5, extras=[Extra(name="more", argv=SLEEPER)]) as stack:
        before = psutil.Process(stack.pid("more"))
        stack.freeze("more")
        restarted(stack, "more")
        assert not before.is_running()
        assert "frozen by a signal" in found(stack, "more").last_death


def test_a_part_is_not_blamed_for_the_one_it_relies_on(starting: Start, tmp_path: Path) -> None:
    with starting(relying, restart=True, unresponsive_after_s=0.5) as stack:
        for name in ("first", "second"):
            mute(tmp_path, name).touch()
        until(lambda: found(stack, "first").restarts == 1, "the restart of the first")
        assert found(stack, "second").restarts == 0
        mute(tmp_path, "first").unlink()
        restarted(stack, "first")
        until(lambda: found(stack, "second").phase == "died", "the death of the second, by its own fault")


def test_without_a_limit_a_frozen_part_is_left_alone(starting: Start) -> None:
    with starting(restart=True, extras=[Extra(name="more", argv=SLEEPER)]) as stack:
        stack.freeze("more")
        for _ in range(10):
            stack.check()
            time.sleep(0.02)
        assert (found(stack, "more").phase, found(stack, "more").restarts) == ("ready", 0)


# Ends in the midst of it


def test_an_end_while_a_part_waits_for_its_start_leaves_nothing(starting: Start, tmp_path: Path) -> None:
    with starting(restart=True) as stack:
        pids = [stack.pid(name) for name in stack.names()]
        os.kill(pids[0], signal.SIGKILL)
        until(lambda: found(stack, "first").phase == "died", "its death")
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert read_state(tmp_path) is None


def test_an_interrupt_at_the_birth_of_a_successor_leaves_nothing(
    starting: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    born: list[int] = []
    watch = Guard.watch

    def interrupted(guard: Guard, pid: int) -> None:
        born.append(pid)
        if len(born) == 3:
            signal.raise_signal(signal.SIGINT)
        watch(guard, pid)

    monkeypatch.setattr(Guard, "watch", interrupted)
    with starting(restart=True) as stack:
        os.kill(stack.pid("first"), signal.SIGKILL)
        with pytest.raises(KeyboardInterrupt):
            restarted(stack, "first")
    assert len(born) == 3
    assert not any(psutil.pid_exists(pid) for pid in born)
    assert read_state(tmp_path) is None
