"""The supervisor, on small programs of its own instead of the real parts."""

import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from millpond.local.blueprint import Extra
from millpond.local.child import Guard
from millpond.local.parts.part import Part
from millpond.local.progress import Progress
from millpond.local.stack import Stack
from millpond.local.state import read_state
from millpond.plan.errors import StackError
from tests.unit.local.programs import SLEEPER, part, program, says, until
from tests.unit.local.test_state import ADDRESSES


def test_a_stack_is_described_while_it_runs_and_not_after(starting: Callable[..., Stack], tmp_path: Path) -> None:
    with starting() as stack:
        described = read_state(tmp_path)
        assert described is not None
        assert (described.phase, described.addresses) == ("ready", replace(ADDRESSES, logs=tmp_path / "logs"))
        pids = [part.process.pid for part in described.parts if part.process is not None]
        assert pids == [stack.pid("first"), stack.pid("second")]
    assert read_state(tmp_path) is None
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_parts_start_side_by_side_and_stop_in_reverse(starting: Callable[..., Stack]) -> None:
    seen: list[Progress] = []
    with starting(progress=seen.append):
        pass
    phases = [(each.part, each.phase) for each in seen if each.detail != "silent"]
    assert phases[:2] == [("first", "starting"), ("second", "starting")]
    assert sorted(phases[2:4]) == [("first", "ready"), ("second", "ready")]
    assert phases[4:] == [
        ("second", "stopping"),
        ("second", "stopped"),
        ("first", "stopping"),
        ("first", "stopped"),
    ]


def test_a_part_is_prepared_before_it_runs(starting: Callable[..., Stack]) -> None:
    def prepared(folder: Path, logs: Path) -> tuple[Part, ...]:
        return (part("p", folder, logs, prepare=program("print('prepared', flush=True)")),)

    with starting(prepared) as stack:
        assert (stack.state().parts[0].log).read_text().split() == ["prepared", "up"]


def test_a_preparation_that_fails_is_an_error_with_its_log(starting: Callable[..., Stack]) -> None:
    def prepared(folder: Path, logs: Path) -> tuple[Part, ...]:
        return (part("p", folder, logs, prepare=program("raise SystemExit('no room')")),)

    with pytest.raises(StackError, match=r"ended with exit code 1(.|\n)*no room"):
        starting(prepared)


def test_a_part_that_dies_while_starting_stops_the_others(starting: Callable[..., Stack], tmp_path: Path) -> None:
    pids: list[int] = []

    def one_dies(folder: Path, logs: Path) -> tuple[Part, ...]:
        later = program("import time; time.sleep(0.5); raise SystemExit('broken settings')")
        return part("fine", folder, logs), part("broken", folder, logs, later)

    def note(progress: Progress) -> None:
        state = read_state(tmp_path)
        assert state is not None
        pids.extend(part.process.pid for part in state.parts if part.process is not None)

    with pytest.raises(StackError, match=r"broken \(.*broken\.log\)(.|\n)*broken settings"):
        starting(one_dies, progress=note)
    assert pids
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_a_part_that_is_never_ready_is_an_error_with_the_reason(starting: Callable[..., Stack]) -> None:
    def never(folder: Path, logs: Path) -> tuple[Part, ...]:
        return (part("p", folder, logs, probe=lambda _since_ms: "still thinking", ready_within_s=0.3),)

    with pytest.raises(StackError, match="not ready after 0 s: still thinking"):
        starting(never)


def test_a_part_that_dies_later_is_noticed_with_the_end_of_its_log(starting: Callable[..., Stack]) -> None:
    with starting() as stack:
        stack.check()
        os.kill(stack.pid("first"), signal.SIGKILL)
        until(lambda: _died(stack), "the death of the part")
        with pytest.raises(StackError, match=r"first \((.|\n)*was killed by SIGKILL(.|\n)*up"):
            stack.check()


def _died(stack: Stack) -> bool:
    try:
        stack.check()
    except StackError:
        return True
    return False


def test_a_part_killed_on_purpose_is_not_missed_and_can_come_back(starting: Callable[..., Stack]) -> None:
    with starting() as stack:
        before = stack.pid("first")
        stack.kill("first")
        stack.check()
        with pytest.raises(StackError, match="does not run"):
            stack.pid("first")
        stack.restart("first")
        assert stack.pid("first") != before
        stack.check()


def test_a_part_can_be_frozen_and_thawed(starting: Callable[..., Stack]) -> None:
    with starting() as stack:
        process = psutil.Process(stack.pid("first"))
        stack.freeze("first")
        until(lambda: process.status() == psutil.STATUS_STOPPED, "the freeze")
        stack.thaw("first")
        until(lambda: process.status() != psutil.STATUS_STOPPED, "the thaw")


def test_an_unknown_part_is_refused_with_the_known_ones(starting: Callable[..., Stack]) -> None:
    with starting() as stack, pytest.raises(StackError, match="there are first, second"):
        stack.pid("third")


def test_extras_start_when_the_parts_are_ready_and_inherit_our_environment(
    starting: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OF_THE_USER", "kept")
    show = program("import os, time; print(os.environ['OF_THE_USER'], os.environ['OWN'], flush=True); time.sleep(600)")
    seen: list[Progress] = []
    with starting(extras=[Extra(name="more", argv=show, env={"OWN": "given"})], progress=seen.append) as stack:
        until(says(stack.state().parts[2].log, "kept given"), "its environment")
    ready = [each.part for each in seen if each.phase == "ready"]
    assert ready[2:] == ["more"]


def test_a_program_spawned_later_is_watched_like_the_parts(starting: Callable[..., Stack]) -> None:
    with starting() as stack:
        stack.spawn("late", program("raise SystemExit('at once')"))
        until(lambda: _died(stack), "its death")
        with pytest.raises(StackError, match="a part of this name exists"):
            stack.spawn("first", SLEEPER)


def test_a_second_stack_in_a_folder_is_refused_and_the_first_unharmed(starting: Callable[..., Stack]) -> None:
    with starting() as stack:
        with pytest.raises(StackError, match="already runs here"):
            starting()
        stack.check()
        assert stack.state().phase == "ready"
        assert read_state(stack.state().parts[0].log.parent.parent) is not None


def test_data_of_an_earlier_run_is_gone_and_its_logs_are_kept_once(
    starting: Callable[..., Stack], tmp_path: Path
) -> None:
    with starting():
        (tmp_path / "kafka").mkdir()
        (tmp_path / "kafka" / "segment").write_text("old")
    with starting():
        assert not (tmp_path / "kafka").exists()
        assert (tmp_path / "logs.previous" / "first.log").read_text() == "up\n"


def test_an_interrupt_while_starting_leaves_nothing(starting: Callable[..., Stack], tmp_path: Path) -> None:
    pids: list[int] = []

    def interrupt(progress: Progress) -> None:
        if (progress.part, progress.phase) == ("second", "starting") and not pids:
            state = read_state(tmp_path)
            assert state is not None
            pids.extend(part.process.pid for part in state.parts if part.process is not None)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        starting(progress=interrupt)
    assert len(pids) == 2
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert read_state(tmp_path) is None


def test_an_interrupt_between_a_parts_birth_and_its_entry_leaves_nothing(
    starting: Callable[..., Stack], monkeypatch: pytest.MonkeyPatch
) -> None:
    born: list[int] = []
    watch = Guard.watch

    def interrupted(guard: Guard, pid: int) -> None:
        born.append(pid)
        if len(born) == 2:
            signal.raise_signal(signal.SIGINT)
        watch(guard, pid)

    monkeypatch.setattr(Guard, "watch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        starting()
    assert len(born) == 2
    assert not any(psutil.pid_exists(pid) for pid in born)


def test_an_impatient_interrupt_while_stopping_leaves_nothing(starting: Callable[..., Stack], tmp_path: Path) -> None:
    stack = starting()
    pids = [stack.pid(name) for name in stack.names()]

    def interrupt_again(progress: Progress) -> None:
        if progress.phase == "stopping":
            signal.raise_signal(signal.SIGINT)

    stack._report = interrupt_again
    with pytest.raises(KeyboardInterrupt):
        stack.close()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert read_state(tmp_path) is None


def test_a_second_close_does_nothing(starting: Callable[..., Stack]) -> None:
    stack = starting()
    stack.close()
    began = time.monotonic()
    stack.close()
    assert time.monotonic() - began < 1.0
